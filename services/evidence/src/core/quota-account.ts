import { type OpenRequestJson, OpenRequests, openRequestOf } from "./open-requests.ts";
import { type Account, emptyAccount, expiryOf } from "./quotas.ts";
import type { StoredAccount } from "./store.ts";

/** @param token unique for every write, for the compare-and-set */
export function storedAccount(walletId: string, token: string, account: Account): StoredAccount {
  const { atMs, auditedAtMs, plans, starts, spent, open } = account;
  const counts = JSON.stringify({
    plans: { count: plans.count, start_ms: plans.startMs },
    spent: { start_ms: spent.startMs, yocto: spent.yocto.toString() },
    starts: { count: starts.count, start_ms: starts.startMs },
  } satisfies CountsJson);
  // In the order of the alphabet: equal accounts have equal texts.
  const accountJson = `{"at_ms":${atMs},"audited_at_ms":${auditedAtMs},"open":${open.json},${counts.slice(1)}`;
  return { walletId, token, atMs, expiresAtMs: expiryOf(account), accountJson };
}

export function accountOf(stored: StoredAccount | undefined): Account {
  if (stored === undefined) return emptyAccount;
  const { at_ms, audited_at_ms, plans, starts, spent, open } = JSON.parse(stored.accountJson) as AccountJson;
  return {
    atMs: at_ms,
    auditedAtMs: audited_at_ms,
    plans: { startMs: plans.start_ms, count: plans.count },
    starts: { startMs: starts.start_ms, count: starts.count },
    spent: { startMs: spent.start_ms, yocto: BigInt(spent.yocto) },
    open: OpenRequests.of(open.map(openRequestOf)),
  };
}

interface CountsJson {
  readonly plans: CountJson;
  readonly spent: { readonly start_ms: number; readonly yocto: string };
  readonly starts: CountJson;
}

interface AccountJson extends CountsJson {
  readonly at_ms: number;
  readonly audited_at_ms: number;
  readonly open: readonly OpenRequestJson[];
}

interface CountJson {
  readonly start_ms: number;
  readonly count: number;
}
