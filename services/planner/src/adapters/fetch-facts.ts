import { createClient, type Transport } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { deadline, type Logger, type Timers } from "@outlayer/kit";
import type { FactName, Facts } from "../core/facts.ts";
import type { FetchFacts } from "../core/ports.ts";
import { isAway } from "./is-away.ts";

/** Time limit for a plan's facts, milliseconds. A plan is made without late facts. */
const patienceMs = 2000;

export interface FactSources {
  readonly signerProxy: Transport;
  readonly broadcaster: Transport;
  readonly gateId: string;
  readonly timers: Timers;
  readonly logger: Logger;
}

export function factFetcher({ signerProxy, broadcaster, gateId, timers, logger }: FactSources): FetchFacts {
  const signer = createClient(SignerProxyService, signerProxy);
  const gate = createClient(BroadcasterService, broadcaster);

  async function accountOf(walletId: string, signal: AbortSignal): Promise<string | undefined> {
    const { accountId } = await signer.getAccount({ walletId }, { signal });
    return accountId === "" ? undefined : accountId;
  }
  async function gateTerms(signal: AbortSignal): Promise<Omit<Facts, "accountId"> | undefined> {
    const { feeTiers: tiers, submitGas } = await gate.getGateFacts({ gateId }, { signal });
    if (tiers.length === 0) return undefined;
    const feeTiers = tiers.map(({ cap, feeYocto, resumeGas }) => ({
      cap,
      feeYocto: amount(feeYocto),
      resumeGas: amount(resumeGas),
    }));
    return { feeTiers, submitGas: amount(submitGas) };
  }
  /** Undefined for a fact that was not asked for, and for one that cannot be fetched. */
  async function fact<T>(
    name: FactName,
    wanted: boolean,
    signal: AbortSignal,
    fetch: () => Promise<T>,
  ): Promise<T | undefined> {
    if (!wanted) return undefined;
    try {
      return await fetch();
    } catch (error) {
      // A caller that has gone aborts the fetch, which is no fault.
      if (signal.aborted || isAway(error)) logger.info({ fact: name }, "fact is not available now");
      else logger.error({ fact: name, err: error }, "fact could not be fetched");
      return undefined;
    }
  }

  return async (walletId, names, callerSignal) => {
    const { signal, done } = deadline(timers, patienceMs, callerSignal);
    try {
      const [accountId, terms] = await Promise.all([
        fact("wallet_account", names.includes("wallet_account"), signal, () => accountOf(walletId, signal)),
        fact("gate_fee_tiers", names.includes("gate_fee_tiers"), signal, () => gateTerms(signal)),
      ]);
      return { accountId, feeTiers: undefined, ...terms };
    } finally {
      done();
    }
  };
}

/** Older broadcasters leave out values that they do not know. */
function amount(decimal: string): bigint | undefined {
  return decimal === "" ? undefined : BigInt(decimal);
}
