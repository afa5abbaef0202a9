import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { allSessions, isTerminal, partyOf } from "@outlayer/workflow";
import { LRUCache } from "lru-cache";
import { directUserEndpoint } from "./direct-user-record.ts";
import { accountOf, storedAccount } from "./quota-account.ts";
import {
  type Account,
  type Counted,
  charge,
  countPlan,
  countStart,
  type Exceeded,
  forget,
  giveBack,
  type QuotaName,
  type QuotaRules,
  type Quotas,
  type Standing,
  type Start,
  settle,
  standingsOf,
} from "./quotas.ts";
import type { EvidenceStore, StoredAccount } from "./store.ts";

export type Admission =
  | { readonly kind: "counted"; readonly standings: readonly Standing[] }
  | (Exceeded & { readonly whose: Whose });

/** Whose quota was used up: the wallet's own, or that of all sessions together. */
export type Whose = "wallet" | "all_sessions";

export interface QuotaBookDeps {
  readonly store: Pick<EvidenceStore, "readAccount" | "replaceAccount">;
  readonly rules: QuotaRules;
  /** Runs this process's changes of one account in turns, so that they do not lose compare-and-sets to one another. */
  readonly oneByOne: <T>(walletId: string, change: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
  /** A unique text with every call. */
  readonly token: () => string;
  /** The record; undefined for an unknown id. */
  readonly record: (requestId: string) => Promise<Record | undefined>;
}

type Update = (account: Account, nowMs: number) => Counted;

interface Change {
  readonly update: Update;
  /** Whether a power failure may take it back. */
  readonly mayBeLost: boolean;
  readonly resolve: (counted: Counted) => void;
  readonly reject: (error: unknown) => void;
}

/** An account as stored, and read. */
interface Kept {
  readonly stored: StoredAccount;
  readonly account: Account;
}

/** Accounts that are kept: some kilobytes each. */
const keptAccounts = 1_000;

/** How long a request may count before its log must exist, and between two audits of an account; milliseconds. */
const auditMs = 60_000;

const startQuotas: readonly QuotaName[] = ["open_workflows", "starts_per_hour", "operator_near_per_day"];

/**
 * Counts what wallets use. A wallet's account is one document, replaced by compare-and-set, so of two that race for the last place
 * one is refused, in whatever processes they are. A start is counted before its log is opened, and given back if it is not
 * opened. Counts that a crash leaves behind are checked against the logs before a request is refused for them.
 *
 * A session counts twice: in its own account, and in one of all sessions together (rule: sessions-share-one-wallets-part).
 */
export class QuotaBook {
  readonly #deps: QuotaBookDeps;
  /** By wallet: changes of its account that the next write takes along. */
  readonly #waiting = new Map<string, Change[]>();
  /**
   * Accounts as this process last wrote them. Never trusted: the compare-and-set decides whether one is still the stored one, and
   * without a write the store is asked.
   */
  readonly #kept = new LRUCache<string, Kept>({ max: keptAccounts });

  constructor(deps: QuotaBookDeps) {
    this.#deps = deps;
  }

  async countPlan(walletId: string): Promise<Admission> {
    const all: (readonly Standing[])[] = [];
    for (const counting of accountsOf(walletId)) {
      const quotas = this.#quotasOf(counting);
      // Nobody is owed anything for a plan, so its count waits for no disk.
      const counted = await this.#count(counting, (account, nowMs) => countPlan(account, quotas, nowMs), true);
      if (counted.kind === "exceeded") return { ...counted, whose: whoseOf(counting) };
      all.push(standingsOf(counted.account, quotas, ["plans_per_minute"], this.#deps.now()));
    }
    return { kind: "counted", standings: least(all) };
  }

  /** Counts a record that is about to be opened. */
  async countStart(walletId: string, start: Start): Promise<Admission> {
    const all: (readonly Standing[])[] = [];
    const counted: string[] = [];
    const takeBack = async () => {
      for (const other of counted) await this.#giveBack(other, start);
    };
    for (const counting of accountsOf(walletId)) {
      const result = await this.#countStart(counting, start).catch(async (error) => {
        await takeBack();
        throw error;
      });
      if (result.kind === "exceeded") {
        await takeBack();
        return { ...result, whose: whoseOf(counting) };
      }
      counted.push(counting);
      all.push(standingsOf(result.account, this.#quotasOf(counting), startQuotas, this.#deps.now()));
    }
    return { kind: "counted", standings: least(all) };
  }

  async #countStart(walletId: string, start: Start): Promise<Counted> {
    const quotas = this.#quotasOf(walletId);
    // Its log is flushed after it, and with it what stands before: no record outlives its count.
    const count = () => this.#count(walletId, (account, nowMs) => countStart(account, quotas, start, nowMs), true);
    const counted = await count();
    const isHeldUp = counted.kind === "exceeded" && counted.standing.quota !== "starts_per_hour";
    return isHeldUp && (await this.#audit(walletId)) ? count() : counted;
  }

  async giveBack(walletId: string, start: Start): Promise<void> {
    for (const counting of accountsOf(walletId)) await this.#giveBack(counting, start);
  }

  async #giveBack(walletId: string, start: Start): Promise<void> {
    await this.#change(walletId, (account, nowMs) => giveBack(account, start, nowMs));
  }

  /** Replaces a request's bound by what its ended record has cost the operator. */
  async settle({ walletId, requestId, endpoint, fees }: Record): Promise<void> {
    // The gas of a direct-user call is paid by the user.
    const own = endpoint === directUserEndpoint ? undefined : fees;
    const cost = BigInt(own?.gateFeeYocto || "0") + BigInt(own?.gasBurntYocto || "0");
    for (const counting of accountsOf(walletId)) {
      await this.#change(counting, (account, nowMs) => settle(account, requestId, cost, nowMs));
    }
  }

  /** Counts costs of a request that its record will not show. */
  async charge(walletId: string, requestId: string, yocto: bigint): Promise<void> {
    for (const counting of accountsOf(walletId)) {
      await this.#change(counting, (account, nowMs) => charge(account, requestId, yocto, nowMs));
    }
  }

  /**
   * Checks requests that have counted as open for a while against their logs, at most once per `auditMs`.
   * @returns whether it checked
   */
  async #audit(walletId: string): Promise<boolean> {
    const nowMs = this.#deps.now();
    const account = accountOf(await this.#deps.store.readAccount(walletId));
    if (account.auditedAtMs > nowMs - auditMs) return false;
    const old = account.open.all.filter(({ atMs }) => atMs <= nowMs - auditMs);
    const unknown: string[] = [];
    for (const { requestId } of old) {
      const record = await this.#deps.record(requestId);
      if (record === undefined) unknown.push(requestId);
      else if (isTerminal(record.status)) await this.settle(record);
    }
    await this.#change(walletId, (current, changedMs) => forget(current, unknown, changedMs));
    return true;
  }

  #quotasOf(walletId: string): Quotas {
    const { rules } = this.#deps;
    return rules.exceptions.get(walletId) ?? rules.default;
  }

  async #change(walletId: string, update: (account: Account, nowMs: number) => Account): Promise<void> {
    await this.#count(walletId, (account, nowMs) => ({ kind: "counted", account: update(account, nowMs) }));
  }

  #count(walletId: string, update: Update, mayBeLost = false): Promise<Counted> {
    const { promise, resolve, reject } = Promise.withResolvers<Counted>();
    const change = { update, mayBeLost, resolve, reject };
    const waiting = this.#waiting.get(walletId);
    if (waiting !== undefined) waiting.push(change);
    else {
      this.#waiting.set(walletId, [change]);
      void this.#deps.oneByOne(walletId, () => this.#replace(walletId));
    }
    return promise;
  }

  /** Writes all changes that wait for one account together, in the order in which they came. */
  async #replace(walletId: string): Promise<void> {
    const { store, now, token } = this.#deps;
    const changes = this.#waiting.get(walletId) ?? [];
    this.#waiting.delete(walletId);
    const mayBeLost = changes.every((change) => change.mayBeLost);
    try {
      for (;;) {
        const kept = this.#kept.get(walletId);
        this.#kept.delete(walletId);
        const before = kept?.stored ?? (await store.readAccount(walletId));
        let account = kept?.account ?? accountOf(before);
        const results = changes.map(({ update }) => {
          const counted = update(account, now());
          if (counted.kind === "counted") account = counted.account;
          return counted;
        });
        const after = storedAccount(walletId, token(), account);
        // Where nothing changes, nothing is written: a refusal stands on the account as it is stored now.
        const isSame = after.accountJson === before?.accountJson;
        if (isSame ? kept !== undefined : !(await store.replaceAccount(before, after, mayBeLost))) continue;
        if (!isSame) this.#kept.set(walletId, { stored: after, account });
        for (const [index, counted] of results.entries()) changes[index]?.resolve(counted);
        return;
      }
    } catch (error) {
      for (const { reject } of changes) reject(error);
    }
  }
}

/** The accounts in which a wallet counts. */
function accountsOf(walletId: string): readonly string[] {
  return [...new Set([walletId, partyOf(walletId)])];
}

const whoseOf = (account: string): Whose => (account === allSessions ? "all_sessions" : "wallet");

/** Of each quota the standing with least left. @param all of one account each, with the same quotas in the same order */
function least([own = [], ...others]: readonly (readonly Standing[])[]): readonly Standing[] {
  return own.map((standing, index) =>
    others.reduce(
      (lowest, { [index]: other = lowest }) => (other.remaining < lowest.remaining ? other : lowest),
      standing,
    ),
  );
}
