import { type Account, emptyAccount, expiryOf } from "./quotas.ts";
import type { StoredAccount } from "./store.ts";

/** @param token unique for every write, for the compare-and-set */
export function storedAccount(walletId: string, token: string, account: Account): StoredAccount {
  const { atMs, auditedAtMs, plans, starts, spent, open } = account;
  // In the order of the alphabet: equal accounts have equal texts.
  const accountJson = JSON.stringify({
    at_ms: atMs,
    audited_at_ms: auditedAtMs,
    open: open.map((each) => ({
      at_ms: each.atMs,
      bound_yocto: each.boundYocto.toString(),
      charged_yocto: each.chargedYocto.toString(),
      request_id: each.requestId,
    })),
    plans: { count: plans.count, start_ms: plans.startMs },
    spent: { start_ms: spent.startMs, yocto: spent.yocto.toString() },
    starts: { count: starts.count, start_ms: starts.startMs },
  } satisfies AccountJson);
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
    open: open.map((each) => ({
      requestId: each.request_id,
      atMs: each.at_ms,
      boundYocto: BigInt(each.bound_yocto),
      chargedYocto: BigInt(each.charged_yocto),
    })),
  };
}

interface AccountJson {
  readonly at_ms: number;
  readonly audited_at_ms: number;
  readonly plans: CountJson;
  readonly starts: CountJson;
  readonly spent: { readonly start_ms: number; readonly yocto: string };
  readonly open: readonly {
    readonly request_id: string;
    readonly at_ms: number;
    readonly bound_yocto: string;
    readonly charged_yocto: string;
  }[];
}

interface CountJson {
  readonly start_ms: number;
  readonly count: number;
}
