import { createClient, type Transport } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { deadline, type Timers, unavailable } from "@outlayer/kit";
import type { ReadAccount } from "../core/ports.ts";
import { isAway } from "./is-away.ts";

/** Time limit, milliseconds. */
const patienceMs = 10_000;

export function accountReader(broadcaster: Transport, timers: Timers): ReadAccount {
  const client = createClient(BroadcasterService, broadcaster);
  return async ({ accountId, publicKey, tokenIds }, callerSignal) => {
    const { signal, done } = deadline(timers, patienceMs, callerSignal);
    const key = publicKey === undefined ? {} : { publicKey };
    try {
      return await client.getAccount({ accountId, ...key, tokenIds: [...tokenIds] }, { signal });
    } catch (error) {
      if (isAway(error)) throw unavailable("the account is not to be had from NEAR now: try again");
      throw error;
    } finally {
      done();
    }
  };
}
