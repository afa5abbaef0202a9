import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { deadline, type Timers } from "@outlayer/kit";
import type { AskPreflight } from "../core/ports.ts";
import { isAway } from "./is-away.ts";

/** Time limit, milliseconds: the broadcaster gives each answer within ten seconds. */
const patienceMs = 12_000;

export function preflightAsker(broadcaster: Transport, timers: Timers): AskPreflight {
  const client = createClient(BroadcasterService, broadcaster);
  return async ({ walletId, gateId, calls, approval, stepwise = false, onFailure, ordering }, callerSignal) => {
    const { signal, done } = deadline(timers, patienceMs, callerSignal);
    try {
      const approved = approval && { approval: { ...approval, approverIds: [...approval.approverIds] } };
      const asked = { haltOnFailure: onFailure === "halt", anyOrdering: ordering === "any", stepwise, ...approved };
      return (await client.preflight({ walletId, gateId, calls: [...calls], ...asked }, { signal })).preflight;
    } catch (error) {
      // A broadcaster from before the gate was configured does not serve it.
      if (isAway(error) || ConnectError.from(error).code === Code.NotFound) return undefined;
      throw error;
    } finally {
      done();
    }
  };
}
