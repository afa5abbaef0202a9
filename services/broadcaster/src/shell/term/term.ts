import type { Bus, Turnstile } from "@outlayer/kit";
import type { EvidenceLog, HeldLease } from "../../core/ports/evidence-log.ts";
import { makeChecks } from "../checks/check.ts";
import { gateChecks } from "../checks/gate-checks.ts";
import { anyRun, GateReadings } from "../checks/gate-readings.ts";
import { GateStanding, type StandingNeeds } from "../checks/gate-standing.ts";
import { KeptAnswers } from "../checks/kept-answers.ts";
import { keysNow } from "../checks/keys-seen.ts";
import { DirectUserHandler, type DirectUserNeeds } from "../direct-user/direct-user-handler.ts";
import { UserKeys } from "../direct-user/user-keys.ts";
import { AdmissionLine } from "../gate/admission-line.ts";
import { Conductor } from "../gate/conductor.ts";
import { GateSigner } from "../gate/gate-signer.ts";
import { Intake } from "../gate/intake.ts";
import { LaneLog } from "../gate/lane-log.ts";
import { LogDriver, type LogDriverDeps } from "../log/log-driver.ts";
import { UnreadLogs } from "../log/unread-logs.ts";
import { PolicyLine } from "../policy/policy-line.ts";
import { WorkflowHandler, type WorkflowNeeds } from "../workflow/workflow-handler.ts";
import type { Term } from "./lease-keeper.ts";
import type { OpenLists } from "./open-lists.ts";
import { type Work, Worker } from "./worker.ts";

/** Shared by the terms of all partitions. */
interface OfProcess {
  readonly policyPlaces: Turnstile;
  readonly lists: OpenLists;
}

/** What the terms of a gate share in one process; the rest is made anew with each term. */
export type GateBetweenTerms = Omit<
  WorkflowNeeds & LogDriverDeps & OfProcess & Pick<StandingNeeds, "isOneOfSeveral">,
  "lease" | "evidence" | "conductor" | "gateSigner" | "line" | "intake" | "standing" | "kept" | "policyLine" | "unread"
>;

/** The same for direct-user calls. */
export type DirectUserBetweenTerms = Omit<
  DirectUserNeeds & LogDriverDeps & OfProcess,
  "lease" | "evidence" | "policyLine" | "userKeys" | "unread"
>;

/** A delegate's validity divided by this number: the time in which an admitted workflow should be on the gate. */
const inTimeShare = 3;
/**
 * The longest such time, in blocks, however long a delegate lives: two to three times what a workflow takes alone. Where workflows take
 * longer, too many are under way for processes, database and node, where all wait alike. In the line before that, wallets wait fairly.
 */
const promptBlocks = 20;

/**
 * Drives all open workflows of a gate for as long as its lease is held. Queue, lane and sightings are made anew with each term:
 * another broadcaster may have driven in between.
 * @param evidence appends under the lease
 */
export function beginGateTerm(shared: GateBetweenTerms, lease: HeldLease, evidence: EvidenceLog, bus: Bus): Term {
  const { config, commitments, node, follower, gate, tails, relayer, approver, logger, ports, driverId } = shared;
  commitments.clear();
  const unread = new UnreadLogs();
  const kept = new KeptAnswers(() => follower.heads?.optimistic.height ?? 0);
  const log = new LaneLog(evidence, config.gateId);
  // Nonces of the relayer's are set aside in the gate's log, those of a version before are in workflows' logs alone.
  relayer.beginTerm({ mayUse: () => unread.allRead(), setAside: (key, nonce) => log.setAside(key, nonce) });
  // The gate's log has every transaction of the approver, and is read before anything is driven.
  approver.beginTerm({ mayUse: async () => {}, setAside: undefined });
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
  const intake = new Intake(Math.min(promptBlocks, Math.floor(config.delegateValidityBlocks / inTimeShare)));
  const check = () => makeChecks(gateChecks, readingsNow(shared));
  const standing = new GateStanding({ ...shared, timers: ports.timers, conductor, intake, check });
  const needs = {
    ...shared,
    lease,
    evidence,
    conductor,
    gateSigner,
    line: new AdmissionLine(),
    intake,
    standing,
    kept,
    policyLine: new PolicyLine(ports.timers, shared.policyPlaces),
    unread,
  };
  const work: Work = {
    start: (requestIds) => conductor.start(requestIds),
    run: async (signal) => void (await Promise.all([conductor.run(signal), standing.run(signal)])),
    get standing() {
      return standing.told;
    },
    driver: (requestId, begun) => new LogDriver(requestId, new WorkflowHandler(requestId, needs), needs, begun),
  };
  const worker = new Worker(needs, work, bus);
  worker.start();
  return worker;
}

/** Readings of gate and operator as they are now, for no run in particular. */
function readingsNow(shared: GateBetweenTerms): GateReadings {
  const { config, node, gate, ports, follower, tails, commitments, ownDelegates, relayer, approver } = shared;
  const sources = {
    config,
    node,
    gate,
    clock: ports.clock,
    head: () => node.block({ finality: "final" }),
    clockAheadMs: async () => follower.clockAheadMs ?? 0,
    tail: () => tails.attribute(),
    committed: () => commitments.before(),
    isOurs: ownDelegates.has.bind(ownDelegates),
    relayerKeys: () => keysNow(relayer),
    approverKeys: () => keysNow(approver),
  };
  return new GateReadings(sources, anyRun);
}

/** Drives all open direct-user calls of a partition for as long as the lease is held. */
export function beginDirectUserTerm(
  shared: DirectUserBetweenTerms,
  lease: HeldLease,
  evidence: EvidenceLog,
  bus: Bus,
): Term {
  const unread = new UnreadLogs();
  const userKeys = new UserKeys(unread);
  const needs = {
    ...shared,
    lease,
    evidence,
    policyLine: new PolicyLine(shared.ports.timers, shared.policyPlaces),
    userKeys,
    unread,
  };
  const work: Work = {
    async start() {},
    async run() {},
    driver: (requestId, begun) => new LogDriver(requestId, new DirectUserHandler(requestId, needs), needs, begun),
  };
  const worker = new Worker(needs, work, bus);
  worker.start();
  return worker;
}
