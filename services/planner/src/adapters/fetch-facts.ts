import { createClient, type Transport } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { type Clock, deadline, type Logger, type Timers } from "@outlayer/kit";
import { LRUCache } from "lru-cache";
import type { FactName, Facts } from "../core/facts.ts";
import type { FetchFacts, KnownFacts } from "../core/ports.ts";
import { isAway } from "./is-away.ts";

/** Time limit for a plan's facts, milliseconds. A plan is made without late facts. */
const usualPatienceMs = 2000;

/** For how long plans share the gate's terms, milliseconds. */
const recentMs = 1_000;

/** Wallets whose accounts are remembered. They never change: the keystore derives them from the wallet id. */
const rememberedAccounts = 10_000;

type GateTerms = Omit<Facts, "accountId">;

export interface FactSources {
  readonly signerProxy: Transport;
  readonly broadcaster: Transport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Asks for the facts that many requests share once. */
export function factSource({ signerProxy, broadcaster, clock, timers, logger }: FactSources): {
  readonly fetchFacts: FetchFacts;
  readonly knownFacts: KnownFacts;
} {
  const signer = createClient(SignerProxyService, signerProxy);
  const gate = createClient(BroadcasterService, broadcaster);
  const accounts = new LRUCache<string, string>({ max: rememberedAccounts });
  /** By gate; the operator has few of them. */
  const recent = new Map<string, { readonly terms: GateTerms; readonly atMs: number }>();

  async function accountOf(walletId: string, signal: AbortSignal): Promise<string | undefined> {
    const { accountId } = await signer.getAccount({ walletId }, { signal });
    if (accountId === "") return undefined;
    accounts.set(walletId, accountId);
    return accountId;
  }
  function recentTerms(gateId: string): GateTerms | undefined {
    const known = recent.get(gateId);
    const age = known === undefined ? Number.POSITIVE_INFINITY : clock.now() - known.atMs;
    return age >= 0 && age < recentMs ? known?.terms : undefined;
  }
  async function gateTerms(gateId: string, signal: AbortSignal): Promise<GateTerms | undefined> {
    const atMs = clock.now();
    const { feeTiers: tiers, submitGas } = await gate.getGateFacts({ gateId }, { signal });
    if (tiers.length === 0) return undefined;
    const feeTiers = tiers.map(({ cap, feeYocto, resumeGas }) => ({
      cap,
      feeYocto: amount(feeYocto),
      resumeGas: amount(resumeGas),
    }));
    const terms = { feeTiers, submitGas: amount(submitGas) };
    recent.set(gateId, { terms, atMs });
    return terms;
  }
  /** Undefined for a fact that cannot be fetched. */
  async function fetched<T>(
    name: FactName,
    signal: AbortSignal,
    fetch: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await fetch(signal);
    } catch (error) {
      // A caller that has gone aborts the fetch, which is no fault.
      if (signal.aborted || isAway(error)) logger.info({ fact: name }, "fact is not available now");
      else logger.error({ fact: name, err: error }, "fact could not be fetched");
      return undefined;
    }
  }

  const facts = (accountId: string | undefined, terms: GateTerms | undefined): Facts => {
    return { accountId, feeTiers: undefined, ...terms };
  };

  const knownFacts: KnownFacts = ({ walletId, gateId }) => {
    const accountId = accounts.get(walletId);
    const terms = recentTerms(gateId);
    return accountId === undefined || terms === undefined ? undefined : facts(accountId, terms);
  };

  const fetchFacts: FetchFacts = async ({ walletId, gateId }, names, callerSignal, patienceMs = usualPatienceMs) => {
    const known = {
      account: names.includes("wallet_account") ? accounts.get(walletId) : undefined,
      terms: names.includes("gate_fee_tiers") ? recentTerms(gateId) : undefined,
    };
    const lacks = {
      account: names.includes("wallet_account") && known.account === undefined,
      terms: names.includes("gate_fee_tiers") && known.terms === undefined,
    };
    if (!lacks.account && !lacks.terms) return facts(known.account, known.terms);
    const { signal, done } = deadline(timers, patienceMs, callerSignal);
    try {
      const [account, terms] = await Promise.all([
        lacks.account ? fetched("wallet_account", signal, (limit) => accountOf(walletId, limit)) : known.account,
        lacks.terms ? fetched("gate_fee_tiers", signal, (limit) => gateTerms(gateId, limit)) : known.terms,
      ]);
      return facts(account, terms);
    } finally {
      done();
    }
  };
  return { fetchFacts, knownFacts };
}

/** Older broadcasters leave out values that they do not know. */
function amount(decimal: string): bigint | undefined {
  return decimal === "" ? undefined : BigInt(decimal);
}
