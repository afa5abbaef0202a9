import { createClient, type Transport } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { deadline, type Logger, type Timers } from "@outlayer/kit";
import { nonceKey } from "../core/carried-payloads.ts";
import type { FetchPayloadFacts } from "../core/ports.ts";
import { isAway } from "./is-away.ts";

/** Time limit, milliseconds. A plan is made without a late answer. */
const usualPatienceMs = 4000;

/** Asks the broadcaster, which asks the verifier. */
export function payloadFactSource({
  broadcaster,
  timers,
  logger,
}: {
  readonly broadcaster: Transport;
  readonly timers: Timers;
  readonly logger: Logger;
}): FetchPayloadFacts {
  const client = createClient(BroadcasterService, broadcaster);
  return async (asked, callerSignal, patienceMs = usualPatienceMs) => {
    const { signal, done } = deadline(timers, patienceMs, callerSignal);
    const payloads = asked.map(({ signerId, publicKey, nonce }) => {
      return { accountId: signerId, publicKey, nonce: new Uint8Array(nonce) };
    });
    try {
      const { feePips, finalTimeMs, payloads: facts } = await client.getPayloadFacts({ payloads }, { signal });
      const found = asked.flatMap((payload, index) => {
        const one = facts[index];
        return one === undefined ? [] : [[nonceKey(payload), one] as const];
      });
      return { feePips: BigInt(feePips), finalTimeMs: Number(finalTimeMs), payloads: new Map(found) };
    } catch (error) {
      const fact = "signed_payloads";
      if (signal.aborted || isAway(error)) logger.info({ fact }, "fact is not available now");
      else logger.error({ fact, err: error }, "fact could not be fetched");
      return undefined;
    } finally {
      done();
    }
  };
}
