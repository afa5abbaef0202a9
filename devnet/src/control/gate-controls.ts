import type { Chain } from "../chain/chain.ts";
import { callNow, viewNow } from "./contract-hand.ts";
import { type ForeignAction, ForeignGate, type ForeignGateOptions } from "./foreign-gate.ts";

/** The gate: its owner's actions, by hand at the head, and other tenants' actions, by transactions. */
export class GateControls {
  readonly #chain: Chain;
  readonly #id: string;
  readonly #foreign: ForeignGate;

  constructor(options: ForeignGateOptions) {
    this.#chain = options.chain;
    this.#id = options.gateId;
    this.#foreign = new ForeignGate(options);
  }

  /** The state at the head: pending ids, in storage order, and the tail of the chain in flight. */
  get state(): { readonly pending: readonly string[]; readonly tail: readonly string[]; readonly approver: string } {
    return {
      pending: this.#view("list_pending") as string[],
      tail: this.#view("get_batch_tail") as string[],
      approver: this.#view("get_approver") as string,
    };
  }

  setRelayer(accountId: string, isWhitelisted: boolean): void {
    this.#own(isWhitelisted ? "add_relayer" : "remove_relayer", { account_id: accountId });
  }

  /** @param tiers pairs of cap and yocto, by ascending cap */
  setTiers(tiers: readonly (readonly [cap: number, feeYocto: bigint])[]): void {
    this.#own("set_fee_tiers", { tiers: tiers.map(([cap, fee]) => [cap, `${fee}`]) });
  }

  setApprover(accountId: string): void {
    this.#own("set_approver", { approver_id: accountId });
  }

  resetTail(): void {
    this.#own("reset_batch_tail", {});
  }

  /** Intents of somebody else, left pending. */
  foreignPending(count = 1): ForeignAction {
    return this.#foreign.submit(count);
  }

  /** A chain of somebody else's intents. */
  foreignChain(length = 3): ForeignAction {
    return this.#foreign.chain(length);
  }

  /** A chain that broke, so that the gate is stuck until `resetTail`. */
  stickTail(): ForeignAction {
    return this.#foreign.stickTail();
  }

  #own(method: string, args: unknown): void {
    callNow(this.#chain, { as: this.#view("get_owner") as string, receiver: this.#id, method, args });
  }

  #view(method: string): unknown {
    return viewNow(this.#chain, this.#id, method);
  }
}
