import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { intentsOf } from "../chain/intents.ts";
import { field, integer, list, object, string } from "../chain/json.ts";

/** One movement of a wallet's balance in the verifier. */
export interface Movement {
  readonly token: string;
  /** Raw units, negative for what leaves the wallet. */
  readonly amount: bigint;
}

/**
 * The movements by the wallet's own intents in one call, in their order. Others' payloads do not count.
 * @param wrappedNearId the wNEAR contract, whose tokens the verifier burns for intents that pay NEAR
 */
export function movementsOf(call: GateCall, wrappedNearId: string): readonly Movement[] {
  return intentsOf(call).flatMap((intent) => movementsOfIntent(intent, `nep141:${wrappedNearId}`));
}

function movementsOfIntent(intent: unknown, wrappedNear: string): Movement[] {
  const out = (token: string | undefined, amount: unknown): Movement[] => {
    const value = integer(amount);
    return token === undefined || value === undefined ? [] : [{ token, amount: -value }];
  };
  const prefixed = (standard: string, id: unknown) => (typeof id === "string" ? `${standard}:${id}` : undefined);
  const contract = string(field(intent, "token"));
  switch (field(intent, "intent")) {
    case "transfer":
      return Object.entries(object(field(intent, "tokens")) ?? {}).flatMap(([token, amount]) => out(token, amount));
    case "token_diff":
      return Object.entries(object(field(intent, "diff")) ?? {}).flatMap(([token, amount]) => {
        const value = integer(amount);
        return value === undefined ? [] : [{ token, amount: value }];
      });
    case "ft_withdraw":
      return [
        ...out(prefixed("nep141", contract), field(intent, "amount")),
        ...out(wrappedNear, field(intent, "storage_deposit")),
      ];
    case "nft_withdraw":
      return [
        ...out(prefixed("nep171", `${contract}:${string(field(intent, "token_id"))}`), "1"),
        ...out(wrappedNear, field(intent, "storage_deposit")),
      ];
    case "mt_withdraw": {
      const amounts = list(field(intent, "amounts"));
      return [
        ...list(field(intent, "token_ids")).flatMap((id, index) =>
          out(`nep245:${contract}:${String(id)}`, amounts[index]),
        ),
        ...out(wrappedNear, field(intent, "storage_deposit")),
      ];
    }
    case "native_withdraw":
    case "storage_deposit":
      return out(wrappedNear, field(intent, "amount"));
    case "auth_call":
      return out(wrappedNear, field(intent, "attached_deposit"));
    default:
      return [];
  }
}

/** Tokens that a workflow moves, each once, in order of first use. */
export function tokensOf(calls: readonly GateCall[], wrappedNearId: string): string[] {
  return [...new Set(calls.flatMap((call) => movementsOf(call, wrappedNearId).map(({ token }) => token)))];
}

export interface Shortfall {
  /** Index of the step that cannot be paid. */
  readonly step: number;
  readonly token: string;
  /** Raw units. */
  readonly balance: bigint;
  readonly needed: bigint;
}

/** The first step that the wallet's balances do not cover, after the movements of earlier steps. */
export function findShortfall(
  calls: readonly GateCall[],
  balances: ReadonlyMap<string, bigint>,
  wrappedNearId: string,
): Shortfall | undefined {
  const left = new Map(balances);
  for (const [step, call] of calls.entries()) {
    for (const { token, amount } of movementsOf(call, wrappedNearId)) {
      const balance = left.get(token) ?? 0n;
      if (balance + amount < 0n) return { step, token, balance, needed: -amount };
      left.set(token, balance + amount);
    }
  }
  return undefined;
}
