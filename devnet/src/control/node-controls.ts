import type { Keystore, Readiness } from "../keystore/keystore.ts";
import type { QueryErrors } from "../rpc/rpc-call.ts";
import type { RpcNode } from "../rpc/rpc-node.ts";
import { ControlError } from "./control-error.ts";

/** Fewest blocks that a node keeps: the final one is among them, after forks too. */
const leastKept = 10;

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

  /**
   * Has nodes collect garbage: they answer as if blocks, transactions and state from before the newest blocks had never been.
   * @param blocks that they keep, more than a final block is behind the head; undefined: all, as from the start
   * @param path of the node; `/` is the one at the URL itself
   */
  keepBlocks(blocks: number | undefined, path = "/"): void {
    if (blocks === undefined) this.#node.keptBlocks.delete(path);
    else if (Number.isSafeInteger(blocks) && blocks >= leastKept) this.#node.keptBlocks.set(path, blocks);
    else throw new ControlError(`keep_blocks must be an integer from ${leastKept} on, or null`);
  }

  /** Blocks that a node keeps; null: all. */
  keptBlocks(path = "/"): number | null {
    return this.#node.keptBlocks.get(path) ?? null;
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
