import type { Bus } from "@outlayer/kit";
import type { EvidenceLog, HeldLease } from "../adapters/evidence/evidence-log.ts";
import { Conductor } from "./conductor.ts";
import { UserKeys } from "./direct-user/user-keys.ts";
import { KeyRing } from "./key-lane.ts";
import type { Term } from "./lease-keeper.ts";
import type { SharedTools } from "./tools.ts";
import { Turns } from "./turns.ts";
import { Worker } from "./worker.ts";

/**
 * Drives all open workflows for as long as the lease is held. What a term knows of queue, lane, nonces and sightings is made anew
 * with each: in between others may have driven.
 * @param evidence appends under the lease
 */
export function beginTerm(shared: SharedTools, lease: HeldLease, evidence: EvidenceLog, bus: Bus): Term {
  const { config, node, follower, gate, tails, logger, ports, driverId } = shared;
  const relayer = new KeyRing(config.relayerId, config.relayerKeys, { node, follower, logger });
  const approver = new KeyRing(config.approverId, config.approverKeys, { node, follower, logger });
  const conductor = new Conductor({
    evidence,
    follower,
    gate,
    tails,
    node,
    approver,
    logger,
    clock: ports.clock,
    resumeGas: config.resumeBatchGas,
    term: `${driverId}, epoch ${lease.epoch}`,
  });
  const own = { lease, evidence, conductor, relayer, approver, policyTurns: new Turns(), userKeys: new UserKeys() };
  const worker = new Worker({ ...shared, ...own }, bus);
  worker.start();
  return worker;
}
