import type { Clock } from "@outlayer/kit";
import { field, height, integer, list, string, strings } from "../../core/chain/json.ts";
import type { Purse } from "../../core/gate/money.ts";
import type { GateTail } from "../../core/gate/tail.ts";
import type { FeeTier, GateTerms } from "../../core/gate/terms.ts";
import type { NearNode } from "../../core/ports/near-node.ts";

/** Milliseconds for which fees count as recent: from a plan to the admission of its workflow. */
const recentMs = 5_000;

/** A pending intent, as the gate shows it. */
export interface PendingIntent {
  readonly intentId: string;
  readonly sender: string;
  readonly nonce: bigint;
  readonly submittedAtBlock: number;
}

/** NEAR of gate and operator, read together. */
export interface Funds {
  readonly purse: Purse;
  /** Bytes of the gate's state, for which the gate has to hold NEAR. */
  readonly gateBytes: bigint;
}

/** Funds, and when they were read, milliseconds since the epoch. */
export type SeenFunds = Funds & { readonly atMs: number };

/** The gate's views. */
export class GateReader {
  readonly gateId: string;
  readonly #node: NearNode;
  readonly #clock: Clock;
  #seenFunds: SeenFunds | undefined;
  /** The fees as last read at the head. */
  #recent: { readonly tiers: Promise<readonly FeeTier[]>; readonly untilMs: number } | undefined;

  constructor(gateId: string, node: NearNode, clock: Clock) {
    this.gateId = gateId;
    this.#node = node;
    this.#clock = clock;
  }

  /**
   * Read at the optimistic head: the next transaction meets the terms of the newest block.
   * @param mayBeRecent whether recent fees will do, e.g. those that a plan has read
   */
  async terms(relayerId: string, mayBeRecent: boolean): Promise<GateTerms> {
    const [approver, isRelayer, feeTiers] = await Promise.all([
      this.#view("get_approver", {}, "optimistic"),
      this.#view("is_relayer", { account_id: relayerId }, "optimistic"),
      mayBeRecent ? this.recentFeeTiers() : this.#readFeeTiers(),
    ]);
    return { approverId: string(approver) ?? "", isRelayer: isRelayer === true, feeTiers };
  }

  /** Fee tiers at the final block. */
  feeTiers(): Promise<readonly FeeTier[]> {
    return this.#feeTiers("final");
  }

  /** Fee tiers at the head, now or a moment ago: a plan and the admission after it share them. */
  recentFeeTiers(): Promise<readonly FeeTier[]> {
    return this.#recentFeeTiers ?? this.#readFeeTiers();
  }

  get hasRecentFeeTiers(): boolean {
    return this.#recentFeeTiers !== undefined;
  }

  get #recentFeeTiers(): Promise<readonly FeeTier[]> | undefined {
    return this.#recent !== undefined && this.#clock.now() < this.#recent.untilMs ? this.#recent.tiers : undefined;
  }

  /** Called where something has turned out otherwise than read. */
  forgetFeeTiers(): void {
    this.#recent = undefined;
  }

  #readFeeTiers(): Promise<readonly FeeTier[]> {
    const tiers = this.#feeTiers("optimistic");
    const recent = { tiers, untilMs: this.#clock.now() + recentMs };
    this.#recent = recent;
    tiers.catch(() => {
      if (this.#recent === recent) this.#recent = undefined;
    });
    return tiers;
  }

  async #feeTiers(finality: "final" | "optimistic"): Promise<readonly FeeTier[]> {
    return list(await this.#view("get_fee_tiers", {}, finality)).flatMap((tier) => {
      const cap = height(list(tier)[0]);
      const feeYocto = integer(list(tier)[1]);
      return cap === undefined || feeYocto === undefined ? [] : [{ cap, feeYocto }];
    });
  }

  /** Read at the optimistic head: the tail decides what runs next, and is no evidence. */
  async tail(): Promise<GateTail> {
    const tail = await this.#tailIds();
    if (tail.length === 0) return { tail, pending: [] };
    const pending = await this.pendingIds();
    // A chain that moved on between the two views looks broken. Each intent in a tail read after them was pending before.
    return tail.every((id) => pending.includes(id)) ? { tail, pending } : { tail: await this.#tailIds(), pending };
  }

  async #tailIds(): Promise<readonly string[]> {
    return strings(await this.#view("get_batch_tail", {}, "optimistic"));
  }

  async pendingIds(): Promise<readonly string[]> {
    return strings(await this.#view("list_pending", {}, "optimistic"));
  }

  /** The pending intent of a delegate, if there is one. */
  async findPending(sender: string, nonce: bigint): Promise<PendingIntent | undefined> {
    for (const intentId of await this.pendingIds()) {
      const pending = await this.#view("get_pending", { intent_id: intentId }, "optimistic");
      const submittedAtBlock = height(field(pending, "submitted_at_block"));
      const isIt = field(pending, "sender") === sender && integer(field(pending, "nonce")) === nonce;
      if (isIt && submittedAtBlock !== undefined) return { intentId, sender, nonce, submittedAtBlock };
    }
    return undefined;
  }

  async owner(): Promise<string> {
    return string(await this.#view("get_owner")) ?? "";
  }

  /**
   * Counts the first 100 pending intents for which `isSuch` holds, by sender and nonce of the delegate. An intent that is
   * gone meanwhile does not count.
   */
  async countPending(isSuch: (senderId: string, nonce: bigint) => boolean): Promise<number> {
    const ids = (await this.pendingIds()).slice(0, 100);
    const such = await Promise.all(
      ids.map(async (intentId) => {
        const pending = await this.#view("get_pending", { intent_id: intentId }, "optimistic");
        const senderId = string(field(pending, "sender"));
        const nonce = integer(field(pending, "nonce"));
        return senderId !== undefined && nonce !== undefined && isSuch(senderId, nonce);
      }),
    );
    return such.filter((is) => is).length;
  }

  /** As they were read last; undefined before. */
  get seenFunds(): SeenFunds | undefined {
    return this.#seenFunds;
  }

  async funds(relayerId: string, approverId: string): Promise<Funds> {
    const [relayer, approver, gate] = await Promise.all([
      this.#node.balance(relayerId),
      this.#node.balance(approverId),
      this.#node.funds(this.gateId),
    ]);
    const funds = { purse: { relayer, approver, gate: gate.balance }, gateBytes: gate.storageBytes };
    this.#seenFunds = { ...funds, atMs: this.#clock.now() };
    return funds;
  }

  async #view(method: string, args: object = {}, finality: "final" | "optimistic" = "final"): Promise<unknown> {
    return (await this.#node.view(this.gateId, method, args, finality)).value;
  }
}
