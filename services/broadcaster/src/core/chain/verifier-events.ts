import { field, integer, type Json, list, parse, string, strings } from "./json.ts";

/** The effects of a verifier receipt on one wallet and one payload. Events are matched by name, not by version. */
export interface VerifierEffects {
  /** The payload was executed in this receipt. */
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
export function readVerifierEffects(logs: readonly string[], accountId: string, intentHash: string): VerifierEffects {
  const deltas = new Map<string, bigint>();
  const add = (ids: Json, amounts: Json, sign: 1n | -1n) => {
    const values = strings(amounts);
    for (const [index, id] of strings(ids).entries()) {
      const amount = integer(values[index]);
      if (amount !== undefined) deltas.set(id, (deltas.get(id) ?? 0n) + sign * amount);
    }
  };
  let executed = false;
  for (const log of logs) {
    if (!log.startsWith("EVENT_JSON:")) continue;
    const envelope = parse(log.slice("EVENT_JSON:".length));
    const standard = string(field(envelope, "standard"));
    for (const item of list(field(envelope, "data"))) {
      const tokens = field(item, "token_ids");
      const amounts = field(item, "amounts");
      switch (`${standard}:${string(field(envelope, "event"))}`) {
        case "dip4:intents_executed":
          executed ||= field(item, "intent_hash") === intentHash;
          break;
        case "nep245:mt_transfer":
          if (field(item, "old_owner_id") === accountId) add(tokens, amounts, -1n);
          if (field(item, "new_owner_id") === accountId) add(tokens, amounts, 1n);
          break;
        case "nep245:mt_burn":
          if (field(item, "owner_id") === accountId) add(tokens, amounts, -1n);
          break;
        case "nep245:mt_mint":
          if (field(item, "owner_id") === accountId) add(tokens, amounts, 1n);
          break;
      }
    }
  }
  for (const [token, delta] of deltas) if (delta === 0n) deltas.delete(token);
  return { executed, deltas };
}
