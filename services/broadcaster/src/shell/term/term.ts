import type { Bus } from "@outlayer/kit";
import type { EvidenceLog, HeldLease } from "../../core/ports/evidence-log.ts";
import { KeptAnswers } from "../checks/kept-answers.ts";
import { UserKeys } from "../direct-user/user-keys.ts";
import { AdmissionLine } from "../gate/admission-line.ts";
import { Conductor } from "../gate/conductor.ts";
import { GateSigner } from "../gate/gate-signer.ts";
import { Intake } from "../gate/intake.ts";
import { LaneLog } from "../gate/lane-log.ts";
import type { TailReader } from "../gate/tail-reader.ts";
import { UnreadLogs } from "../log/unread-logs.ts";
import { PolicyLine } from "../policy/policy-line.ts";
import type { Term } from "./lease-keeper.ts";
import { type TermNeeds, Worker } from "./worker.ts";

/** What the terms of one process share; the rest is made anew with each term. */
export type BetweenTerms = Omit<
  TermNeeds & { readonly tails: TailReader },
  "lease" | "evidence" | "conductor" | "gateSigner" | "line" | "intake" | "kept" | "policyLine" | "userKeys" | "unread"
>;

/** A delegate's validity divided by this number: the time in which an admitted workflow should be on the gate. */
const inTimeShare = 3;
/**
 * The longest such time, in blocks, however long a delegate lives: two to three times what a workflow takes alone. Where workflows take
 * longer, too many are under way for processes, database and node, where all wait alike. In the line before that, wallets wait fairly.
 */
const promptBlocks = 20;

/**
 * Drives all open workflows for as long as the lease is held. Queue, lane and sightings are made anew with each term:
 * another broadcaster may have driven in between.
 * @param evidence appends under the lease
 */
export function beginTerm(shared: BetweenTerms, lease: HeldLease, evidence: EvidenceLog, bus: Bus): Term {
  const { config, commitments, node, follower, gate, tails, relayer, approver, logger, ports, driverId } = shared;
  commitments.clear();
  const unread = new UnreadLogs();
  relayer.beginTerm(() => unread.allRead());
  // The gate's log has every nonce of the approver's keys, and is read before anything is driven.
  approver.beginTerm(async () => {});
  const kept = new KeptAnswers(() => follower.heads?.optimistic.height ?? 0);
  const log = new LaneLog(evidence, config.gateId);
  const gateSigner = new GateSigner({ log, gateId: config.gateId, node, follower, approver, relayer });
  const conductor = new Conductor({
    log,
    gateSigner,
    follower,
    gate,
    tails,
    approver,
    logger,
    clock: ports.clock,
    resumeGas: config.resumeBatchGas,
    term: `${driverId}, epoch ${lease.epoch}`,
  });
  const line = new AdmissionLine();
  const intake = new Intake(Math.min(promptBlocks, Math.floor(config.delegateValidityBlocks / inTimeShare)));
  const own = {
    lease,
    evidence,
    conductor,
    gateSigner,
    line,
    intake,
    kept,
    policyLine: new PolicyLine(ports.timers),
    userKeys: new UserKeys(unread),
    unread,
  };
  const worker = new Worker({ ...shared, ...own }, bus);
  worker.start();
  return worker;
}
