import type { Keystore, Readiness } from "../keystore/keystore.ts";
import type { QueryErrors } from "../rpc/rpc-call.ts";
import type { RpcNode } from "../rpc/rpc-node.ts";
import { ControlError } from "./control-error.ts";

/** The RPC as a whole: away or back, and the node's version as far as it shows. */
export class RpcControls {
  readonly #node: RpcNode;

  constructor(node: RpcNode) {
    this.#node = node;
  }

  get isAway(): boolean {
    return this.#node.isAway;
  }

  /** Away, every connection breaks. */
  setAway(isAway: boolean): void {
    this.#node.isAway = isAway;
  }

  get queryErrors(): QueryErrors {
    return this.#node.queryErrors;
  }

  /** Whether failed views and missing access keys come inside the result or as errors of the RPC. */
  setQueryErrors(style: QueryErrors): void {
    this.#node.queryErrors = style;
  }
}

/** The keystore as a whole. */
export class KeystoreControls {
  readonly #keystore: Keystore;

  constructor(keystore: Keystore) {
    this.#keystore = keystore;
  }

  get readiness(): Readiness {
    return this.#keystore.readiness;
  }

  setReadiness(readiness: Readiness): void {
    this.#keystore.readiness = readiness;
  }

  get delayMs(): number {
    return this.#keystore.delayMs;
  }

  /** Sets an additional delay of every answer. */
  setDelay(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) throw new ControlError("delay_ms must be a number from 0 on");
    this.#keystore.delayMs = ms;
  }

  get isAway(): boolean {
    return this.#keystore.isAway;
  }

  /** Away, every connection breaks. */
  setAway(isAway: boolean): void {
    this.#keystore.isAway = isAway;
  }
}
