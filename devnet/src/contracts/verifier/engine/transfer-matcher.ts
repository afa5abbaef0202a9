import { I128_MAX, U128_MAX } from "../../sdk/integers.ts";
import { require } from "../../sdk/panic.ts";
import { amountsJson, type TokenAmounts } from "../token-amounts.ts";

/** The net movement between two accounts, by token. */
export interface NettedTransfer {
  readonly senderId: string;
  readonly receiverId: string;
  readonly amounts: TokenAmounts;
}

/** Why a batch does not balance, as the contract's JSON shows it. */
export type InvariantViolation =
  | { readonly error: "unmatched_deltas"; readonly unmatched_deltas: Readonly<Record<string, string>> }
  | { readonly error: "overflow" };

interface Sides {
  readonly received: Map<string, bigint>;
  readonly given: Map<string, bigint>;
}

/**
 * Matches what accounts gave with what others received, token by token, the largest with the largest. Amounts that one account both
 * gave and received cancel out, so a transfer that nets to zero leaves no trace.
 */
export class TransferMatcher {
  readonly #tokens = new Map<string, Sides>();

  receive(accountId: string, tokenId: string, amount: bigint): void {
    const { received, given } = this.#sides(tokenId);
    move(given, received, accountId, amount);
  }

  give(accountId: string, tokenId: string, amount: bigint): void {
    const { received, given } = this.#sides(tokenId);
    move(received, given, accountId, amount);
  }

  finalize(): { readonly transfers: readonly NettedTransfer[] } | { readonly violation: InvariantViolation } {
    const transfers = new Map<string, { readonly pair: Pair; readonly amounts: Map<string, bigint> }>();
    const unmatched = new Map<string, bigint>();
    for (const [tokenId, sides] of this.#tokens) {
      const { matches, left } = match(sides);
      for (const { pair, amount } of matches) {
        const key = JSON.stringify(pair);
        const entry = transfers.get(key) ?? { pair, amounts: new Map() };
        entry.amounts.set(tokenId, amount);
        transfers.set(key, entry);
      }
      if (left > I128_MAX || -left > I128_MAX) return { violation: { error: "overflow" } };
      if (left !== 0n) unmatched.set(tokenId, left);
    }
    if (unmatched.size > 0) {
      return { violation: { error: "unmatched_deltas", unmatched_deltas: amountsJson(unmatched) } };
    }
    return {
      transfers: [...transfers.values()].map(({ pair: [senderId, receiverId], amounts }) => ({
        senderId,
        receiverId,
        amounts,
      })),
    };
  }

  #sides(tokenId: string): Sides {
    const sides = this.#tokens.get(tokenId) ?? { received: new Map(), given: new Map() };
    this.#tokens.set(tokenId, sides);
    return sides;
  }
}

type Pair = readonly [senderId: string, receiverId: string];

/** Cancels against the other side first, and adds the rest. */
function move(from: Map<string, bigint>, to: Map<string, bigint>, accountId: string, amount: bigint): void {
  const opposite = from.get(accountId) ?? 0n;
  const cancelled = opposite < amount ? opposite : amount;
  set(from, accountId, opposite - cancelled);
  const total = (to.get(accountId) ?? 0n) + amount - cancelled;
  require(total <= U128_MAX, "insufficient balance or overflow");
  set(to, accountId, total);
}

function set(amounts: Map<string, bigint>, accountId: string, amount: bigint): void {
  if (amount === 0n) amounts.delete(accountId);
  else amounts.set(accountId, amount);
}

/** The pairs of one token, and the unmatched rest: positive if received from nobody, negative if given to nobody. */
function match({ received, given }: Sides): {
  readonly matches: readonly { readonly pair: Pair; readonly amount: bigint }[];
  readonly left: bigint;
} {
  const matches: { readonly pair: Pair; readonly amount: bigint }[] = [];
  const receivers = largestFirst(received);
  const senders = largestFirst(given);
  let [receiver, sender] = [receivers.shift(), senders.shift()];
  while (receiver && sender) {
    const amount = receiver.amount < sender.amount ? receiver.amount : sender.amount;
    matches.push({ pair: [sender.accountId, receiver.accountId], amount });
    receiver.amount -= amount;
    sender.amount -= amount;
    if (receiver.amount === 0n) receiver = receivers.shift();
    if (sender.amount === 0n) sender = senders.shift();
  }
  const left = sum(receiver ? [receiver, ...receivers] : []) - sum(sender ? [sender, ...senders] : []);
  return { matches, left };
}

function largestFirst(amounts: ReadonlyMap<string, bigint>): { accountId: string; amount: bigint }[] {
  const list = [...amounts].map(([accountId, amount]) => ({ accountId, amount }));
  return list.sort((a, b) => (a.amount < b.amount ? 1 : a.amount > b.amount ? -1 : 0));
}

function sum(entries: readonly { readonly amount: bigint }[]): bigint {
  return entries.reduce((total, { amount }) => total + amount, 0n);
}
