import type { Ports } from "@outlayer/kit";
import type { DriverConfig } from "../../../config.ts";
import type { Candidate } from "../../../core/gate/candidate.ts";
import type { WaitReason } from "../../../core/gate/place.ts";
import { overflows, type Resumption, resumptionOf } from "../../../core/gate/resumption.ts";
import type { EvidenceLog } from "../../../core/ports/evidence-log.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import { RpcUnavailable } from "../../../core/ports/near-node.ts";
import type { Signer } from "../../../core/ports/signer.ts";
import type { EndedInit, EventInit } from "../../../core/workflow/action.ts";
import type { Account, WorkflowState } from "../../../core/workflow/state.ts";
import type { Follower, Heads } from "../../chain/follower.ts";
import type { KeyRing } from "../../chain/signing-key.ts";
import { type CodedCheck, makeChecks } from "../../checks/check.ts";
import { gateChecks } from "../../checks/gate-checks.ts";
import type { GateStanding } from "../../checks/gate-standing.ts";
import type { KeptAnswers } from "../../checks/kept-answers.ts";
import { keysSeen } from "../../checks/keys-seen.ts";
import { walletChecks } from "../../checks/wallet-checks.ts";
import { WalletReadings } from "../../checks/wallet-readings.ts";
import type { AdmissionLine } from "../../gate/admission-line.ts";
import type { Commitments } from "../../gate/commitments.ts";
import type { Conductor } from "../../gate/conductor.ts";
import type { GateReader } from "../../gate/gate-reader.ts";
import type { Intake } from "../../gate/intake.ts";
import type { OwnDelegates } from "../../gate/own-delegates.ts";
import type { TailReader } from "../../gate/tail-reader.ts";
import { checkPolicy, type Grants } from "../../policy/check-policy.ts";
import type { PolicyLine } from "../../policy/policy-line.ts";

/** Age from which a policy answer is not trusted any more (rule: old-policy-answer-is-asked-again). */
const policyFreshMs = 60_000;

/** The result of seeking admission. */
export type Admission =
  | { readonly kind: "event"; readonly event: EventInit }
  | {
      readonly kind: "waits";
      readonly waitingFor: WaitReason;
      readonly position: number;
      readonly expectedStart?: number;
    };

export interface AdmissionNeeds {
  readonly conductor: Conductor;
  readonly commitments: Commitments;
  readonly line: AdmissionLine;
  readonly intake: Intake;
  readonly standing: Pick<GateStanding, "noteAdmission">;
  readonly gate: GateReader;
  readonly tails: TailReader;
  readonly node: NearNode;
  readonly follower: Follower;
  readonly config: DriverConfig;
  readonly ports: Ports;
  readonly signer: Signer;
  readonly evidence: EvidenceLog;
  readonly policyLine: PolicyLine;
  readonly relayer: KeyRing;
  readonly approver: KeyRing;
  readonly ownDelegates: OwnDelegates;
  readonly kept: KeptAnswers;
}

/**
 * Asks the conductor for a place and, when the turn has come, makes the checks that execution depends on: all before the
 * first signature (rule: blocking-checks-come-before-signing). Preflight makes the same checks.
 */
export async function seekAdmission(
  tools: AdmissionNeeds,
  state: WorkflowState,
  account: Account,
  grants: Grants,
): Promise<Admission> {
  const { intake } = tools;
  const { requestId } = state;
  try {
    const admission = await seek(tools, state, account, grants);
    if (admission.kind === "waits") intake.release(requestId, undefined);
    return admission;
  } catch (error) {
    intake.release(requestId, undefined);
    throw error;
  }
}

async function seek(tools: AdmissionNeeds, state: WorkflowState, account: Account, grants: Grants): Promise<Admission> {
  const { conductor, commitments, line, follower, ports } = tools;
  const { requestId } = state;
  const candidate = { requestId, walletId: state.walletId, calls: state.calls.length };
  const turn = await findTurn(tools, state, candidate);
  if (turn.kind === "waits") return turn;
  const { resumption } = turn;
  const heads = follower.heads;
  if (heads === undefined) return { kind: "waits", waitingFor: "rpc_unavailable", position: 0 };
  // The node may answer again before the follower has seen the chain again.
  if (!follower.isCurrent) throw new RpcUnavailable("the chain has not been seen for a while");
  if (ports.clock.now() > account.policyCheckedAtMs + policyFreshMs) {
    return { kind: "event", event: await checkPolicy(tools, state, grants) };
  }
  let readings = readingsOf(tools, state, account, heads, resumption);
  // Set before the balances are read, so that workflows which read them meanwhile leave this one its part.
  commitments.set(requestId, await readings.owes());
  let isIn = false;
  try {
    let obstacle = await findObstacle(tools, readings);
    if (obstacle !== undefined && readings.isPartlyKept) {
      // A reading for another run refuses nothing: everything is read anew for this one.
      dropKept(tools);
      readings = readingsOf({ ...tools, kept: undefined }, state, account, heads, resumption);
      obstacle = await findObstacle(tools, readings);
    }
    if (obstacle !== undefined) {
      dropKept(tools);
      // The workflows behind this one may be spared its obstacle.
      if (obstacle.kind === "waits") {
        conductor.withdraw(requestId);
        if (resumption === "single") line.triedInVain(requestId, obstacle.waitingFor);
      }
      return obstacle;
    }
    isIn = true;
  } finally {
    if (!isIn) commitments.drop(requestId);
  }
  line.leave(requestId);
  const [feeYocto, balances] = await Promise.all([readings.fee(), readings.balances()]);
  let gateVersion = 0n;
  if (resumption === "chain") gateVersion = await conductor.admit(candidate, heads.final.height);
  else conductor.noteAdmitted(requestId);
  const value = {
    resumption,
    gateVersion,
    finalHeight: BigInt(heads.final.height),
    feeYocto: feeYocto.toString(),
    balancesBefore: Object.fromEntries([...balances].map(([token, balance]) => [token, balance.toString()])),
  };
  return { kind: "event", event: { case: "admitted", value } };
}

type Turn =
  | { readonly kind: "comes"; readonly resumption: Resumption }
  | Extract<Admission, { readonly kind: "waits" }>;

/** Whether the workflow may be admitted now, as far as the gate is concerned, and how it would be resumed. */
async function findTurn(
  { conductor, line, intake, follower, config }: AdmissionNeeds,
  state: WorkflowState,
  candidate: Candidate,
): Promise<Turn> {
  const { requestId } = candidate;
  // A workflow that has overflowed goes on singly: asking for a place on the gate each time would stir all that wait there.
  const hasOverflown = intake.has(requestId) || line.has(requestId);
  if (hasOverflown || resumptionOf(state.calls.length, state) === "single") return singly(line, intake, candidate);
  const place = await conductor.place(candidate);
  if (place.kind === "may_enter") return { kind: "comes", resumption: "chain" };
  const { waitingFor, position, expectedStart } = place;
  const head = follower.heads?.optimistic.height ?? 0;
  if (overflows(state, place, head, config.gateOverflowBlocks)) {
    conductor.withdraw(candidate.requestId);
    return singly(line, intake, candidate);
  }
  return { kind: "waits", waitingFor, position, ...(expectedStart === undefined ? {} : { expectedStart }) };
}

function singly(line: AdmissionLine, intake: Intake, candidate: Candidate): Turn {
  const waitingFor = line.waitsFor(candidate.requestId);
  if (waitingFor !== undefined) return { kind: "waits", waitingFor, position: 0 };
  // The place in the intake is not told: that would cost as many events as the wait is to spare.
  return intake.enter(candidate)
    ? { kind: "comes", resumption: "single" }
    : { kind: "waits", waitingFor: "turn", position: 0 };
}

const admissionChecks: readonly CodedCheck<WalletReadings>[] = [...gateChecks, ...walletChecks];

/** Makes the next workflow read everything anew. */
function dropKept({ kept, gate, relayer, approver }: AdmissionNeeds): void {
  kept.drop();
  gate.forgetFeeTiers();
  relayer.lookAgain();
  approver.lookAgain();
}

/** The first failing check, as the admission that it leads to. @throws what kept a check from being made */
async function findObstacle(
  { conductor, standing }: Pick<AdmissionNeeds, "conductor" | "standing">,
  readings: WalletReadings,
): Promise<Admission | undefined> {
  const made = await makeChecks(admissionChecks, readings);
  standing.noteAdmission(made, readings.isPartlyKept);
  for (const one of made) {
    if ("error" in one) throw one.error;
    const { check, finding } = one;
    if (check.name === "relayer_balance") conductor.isRelayerShort = !finding.ok;
    if (finding.ok) continue;
    if (check.class === "waiting") return { kind: "waits", waitingFor: check.code, position: 0 };
    const value: EndedInit = { status: "failed", errorCode: check.code, userVisibleError: finding.message };
    return { kind: "event", event: { case: "ended", value } };
  }
  return undefined;
}

function readingsOf(
  tools: Omit<AdmissionNeeds, "kept"> & { readonly kept: AdmissionNeeds["kept"] | undefined },
  state: WorkflowState,
  account: Account,
  heads: Heads,
  resumption: Resumption,
): WalletReadings {
  const { config, commitments, node, follower, gate, tails, relayer, approver, ownDelegates, ports, kept } = tools;
  const sources = {
    config,
    node,
    gate,
    verifierId: config.verifierId,
    wrappedNearId: config.wrappedNearId,
    clock: ports.clock,
    head: async () => heads.final,
    clockAheadMs: async () => follower.clockAheadMs ?? 0,
    tail: () => tails.attribute(),
    committed: () => commitments.before(state.requestId),
    spent: () => commitments.released,
    isOurs: ownDelegates.has.bind(ownDelegates),
    relayerKeys: () => keysSeen(relayer),
    approverKeys: () => keysSeen(approver),
    account: async () => account,
    ...(kept === undefined ? {} : { kept }),
  };
  return new WalletReadings(sources, { calls: state.calls, resumption });
}
