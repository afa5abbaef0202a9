import { field, integer, type Json, list, parse, string, strings } from "./json.ts";

/** The effects of a verifier receipt on one wallet and its payloads. Events are matched by name, not by version. */
export interface VerifierEffects {
  /** Every one of the payloads was executed in this receipt. */
  readonly executed: boolean;
  /** The wallet's balance changes, raw units by token id; without those that net to zero. */
  readonly deltas: ReadonlyMap<string, bigint>;
}

/** Hashes of the payloads that a successful verifier receipt executed. */
export function executedIntents(logs: readonly string[]): ReadonlySet<string> {
  const hashes = logs.flatMap((log) => {
    if (!log.startsWith("EVENT_JSON:")) return [];
    const envelope = parse(log.slice("EVENT_JSON:".length));
    const isIt = field(envelope, "standard") === "dip4" && field(envelope, "event") === "intents_executed";
    return isIt ? list(field(envelope, "data")).flatMap((item) => string(field(item, "intent_hash")) ?? []) : [];
  });
  return new Set(hashes);
}

/**
 * Reads the logs of a successful verifier receipt (rule: deltas-come-from-own-receipts). Sums the multi-token events, which are the
 * ledger itself, netted per receipt.
 */
export function readVerifierEffects(
  logs: readonly string[],
  accountId: string,
  intentHashes: readonly string[],
): VerifierEffects {
  const executed = executedIntents(logs);
  return { executed: intentHashes.every((hash) => executed.has(hash)), deltas: deltasIn(logs, accountId) };
}

/** The account's balance changes in receipts with these logs, taken together. Raw units by token id; without zeros. */
export function deltasIn(logs: readonly string[], accountId: string): ReadonlyMap<string, bigint> {
  const deltas = new Map<string, bigint>();
  for (const { ownerId, tokenId, amount } of movementsIn(logs)) {
    if (ownerId === accountId) deltas.set(tokenId, (deltas.get(tokenId) ?? 0n) + amount);
  }
  for (const [token, delta] of deltas) if (delta === 0n) deltas.delete(token);
  return deltas;
}

interface LedgerMovement {
  readonly ownerId: string;
  readonly tokenId: string;
  /** Raw units, negative for what leaves the owner. */
  readonly amount: bigint;
}

function movementsIn(logs: readonly string[]): LedgerMovement[] {
  return logs.flatMap((log) => {
    if (!log.startsWith("EVENT_JSON:")) return [];
    const envelope = parse(log.slice("EVENT_JSON:".length));
    if (field(envelope, "standard") !== "nep245") return [];
    return list(field(envelope, "data")).flatMap((item) => {
      switch (field(envelope, "event")) {
        case "mt_transfer":
          return [...sidesOf(item, "old_owner_id", -1n), ...sidesOf(item, "new_owner_id", 1n)];
        case "mt_burn":
          return sidesOf(item, "owner_id", -1n);
        case "mt_mint":
          return sidesOf(item, "owner_id", 1n);
        default:
          return [];
      }
    });
  });
}

function sidesOf(item: Json, owner: string, sign: 1n | -1n): LedgerMovement[] {
  const ownerId = string(field(item, owner));
  const amounts = strings(field(item, "amounts"));
  return strings(field(item, "token_ids")).flatMap((tokenId, index) => {
    const amount = integer(amounts[index]);
    return ownerId === undefined || amount === undefined ? [] : [{ ownerId, tokenId, amount: sign * amount }];
  });
}
