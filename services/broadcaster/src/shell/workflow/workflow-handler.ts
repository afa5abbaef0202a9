import type { Action, EndedInit, EventInit, Look } from "../../core/workflow/action.ts";
import { cancellation, cancelledEnd } from "../../core/workflow/cancel.ts";
import { gateProgress } from "../../core/workflow/gate-progress.ts";
import { blocksTaken, canGrowOld, waitsForTarget } from "../../core/workflow/in-time.ts";
import { next } from "../../core/workflow/next.ts";
import type { FinalFacts } from "../../core/workflow/outcomes.ts";
import { owedBy } from "../../core/workflow/owed.ts";
import {
  isDone,
  isPossibleUnsent,
  isResumedSingly,
  isSignedUnsent,
  isSubmitted,
} from "../../core/workflow/progress.ts";
import { settlingBefore } from "../../core/workflow/settle.ts";
import { staleAfter } from "../../core/workflow/stale.ts";
import {
  delegateSignerOf,
  evolve,
  foldWorkflow,
  type Logged,
  sentTransactions,
  type WorkflowState,
} from "../../core/workflow/state.ts";
import { unmovedSteps } from "../../core/workflow/usage.ts";
import type { World } from "../../core/workflow/world.ts";
import { KeyUnusable } from "../chain/signing-key.ts";
import { unexpectedEnd } from "../log/error-policy.ts";
import type { LogHandler, OpenLog } from "../log/log-driver.ts";
import { Grants } from "../policy/check-policy.ts";
import { type EnterNeeds, enter, letGo } from "./enter.ts";
import { type AdoptNeeds, adopt } from "./perform/adopt.ts";
import { type BurnNeeds, burnNonce } from "./perform/burn-nonce.ts";
import { type CancelNeeds, cancelPayloads, lookAtCancel } from "./perform/cancel.ts";
import { type LookNeeds, look } from "./perform/look.ts";
import { type MeasureNeeds, measure } from "./perform/measure.ts";
import { type ProofNeeds, proveDead } from "./perform/prove-dead.ts";
import { type NonceNeeds, readNonces } from "./perform/read-nonces.ts";
import { type RejectNeeds, recoveredResume, rejectIntent, resumeChain, resumeStep } from "./perform/resume.ts";
import { abandonTerms } from "./perform/sign.ts";
import { resend, type SubmitNeeds, submit } from "./perform/submit.ts";
import { Sightings } from "./sightings.ts";

/** What the handlers of workflows share during one term. */
export type WorkflowNeeds = EnterNeeds &
  SubmitNeeds &
  RejectNeeds &
  MeasureNeeds &
  LookNeeds &
  ProofNeeds &
  CancelNeeds &
  AdoptNeeds &
  BurnNeeds &
  NonceNeeds;

type Busy = Exclude<Action, { kind: "stop" | "wait" }>;
type OnChain = Exclude<Busy, { kind: "append" | "check_policy" | "seek_admission" | "sign" }>;

/** One workflow: has the core decide, and performs its actions on NEAR, on the gate and in evidence. */
export class WorkflowHandler implements LogHandler<WorkflowState, Busy> {
  readonly kind = "a workflow";
  readonly #requestId: string;
  readonly #needs: WorkflowNeeds;
  /** Undefined for a workflow of which nothing was done on the chain: ten thousand of them may wait. */
  #sightings: Sightings | undefined;
  readonly #grants = new Grants();

  constructor(requestId: string, needs: WorkflowNeeds) {
    this.#requestId = requestId;
    this.#needs = needs;
  }

  get #seen(): Sightings {
    this.#sightings ??= new Sightings();
    return this.#sightings;
  }

  get changes() {
    return [this.#needs.follower.changes, this.#needs.conductor.changes];
  }

  fold(events: readonly Logged[]): WorkflowState {
    return foldWorkflow(this.#requestId, events);
  }

  evolve(state: WorkflowState, logged: Logged): WorkflowState {
    return evolve(state, logged);
  }

  async read(state: WorkflowState): Promise<EventInit | undefined> {
    const { conductor, relayer, approver } = this.#needs;
    this.#noteDelegates(state);
    for (const { publicKey, nonce } of sentTransactions(state)) {
      (relayer.key(publicKey) ?? approver.key(publicKey))?.noteIssued(nonce);
    }
    if (state.ended !== undefined || state.epoch === 0n) return undefined;
    // A resume that is only in the gate's log was never sent, and never is once another resume of its intents has started.
    const begun = new Set(
      state.resumes.flatMap(({ prepared, fate }) => (fate.kind === "started" ? prepared.intentIds : [])),
    );
    const known = state.resumes.map(({ hash }) => hash);
    const prepared = await conductor.preparedResumes(this.#requestId);
    const missing = prepared.find(
      ({ transaction, intentIds }) =>
        !known.includes(transaction?.hash ?? "") && !intentIds.some((intentId) => begun.has(intentId)),
    );
    return missing === undefined ? undefined : recoveredResume(missing);
  }

  letGo(): void {
    letGo(this.#needs, this.#requestId);
  }

  giveUp(state: WorkflowState): EventInit | undefined {
    if (state.ended !== undefined || state.settling !== undefined || isSubmitted(state)) return undefined;
    const value = { status: "failed", errorCode: "internal", userVisibleError: unexpectedEnd } as const;
    return { case: "ended", value };
  }

  leave(state: WorkflowState): void {
    const { conductor, commitments, line, intake } = this.#needs;
    this.#forgetDelegates(state);
    commitments.drop(this.#requestId);
    line.leave(this.#requestId);
    intake.leave(this.#requestId);
    conductor.forget(this.#requestId);
  }

  async decide(state: WorkflowState): Promise<Action> {
    const { conductor } = this.#needs;
    const world = this.#world();
    if (world === undefined) {
      const action = withoutChain(state);
      // The workflow may have been admitted before it ended, and would hold up all that come after it.
      if (action.kind === "stop") await conductor.report(this.#requestId, gone);
      return action;
    }
    const isOnLane = state.admitted !== undefined && !isResumedSingly(state);
    await conductor.report(this.#requestId, isOnLane ? gateProgress(state, world) : gone);
    this.#commit(state);
    if (isResumedSingly(state)) this.#countIn(state, world.head);
    // A workflow whose signatures were thrown away was late, and waits until they are dead: others are let in meanwhile.
    else if (state.discarded) this.#needs.intake.release(this.#requestId, Number.POSITIVE_INFINITY);
    // Reporting may have made it this workflow's turn.
    const action = next(state, { ...world, turn: conductor.isTurn(this.#requestId) });
    // A workflow that must not seek admission now must not hold up those behind it either.
    if (action.kind === "wait" && state.admitted === undefined) this.letGo();
    return action;
  }

  /** Says what the workflow has yet to take from the operator's balances. */
  #commit(state: WorkflowState): void {
    const { commitments, config, follower } = this.#needs;
    const gasPrice = follower.heads?.final.gasPrice ?? 0n;
    const submitGas = config.submitIntentGas + config.gateCallbackGas;
    const owed = owedBy(state, { gasPrice, submitGas, resumeGas: config.resumeBatchGas });
    if (owed === undefined) commitments.drop(this.#requestId);
    else commitments.set(this.#requestId, owed);
  }

  /** Says whether the workflow counts among those under way at once. */
  #countIn(state: WorkflowState, head: number): void {
    const { intake } = this.#needs;
    // Its own target holds up nobody else (rule: chain-is-for-targets-that-answer).
    if (waitsForTarget(state, head)) intake.release(this.#requestId, undefined);
    else if (canGrowOld(state, head)) intake.hold(this.#requestId);
    else intake.release(this.#requestId, blocksTaken(state, head));
  }

  #world(): World | undefined {
    const { follower, ports, config, conductor } = this.#needs;
    const heads = follower.heads;
    if (heads === undefined) return undefined;
    return {
      nowMs: ports.clock.now(),
      blockMs: follower.blockMs,
      head: heads.optimistic.height,
      final: this.#final(),
      block: (hash) => follower.place(hash),
      view: this.#sightings ?? nothingSeen,
      turn: conductor.isTurn(this.#requestId),
      isAwaited: conductor.isAwaited(this.#requestId),
      rejectLeftovers: conductor.isRelayerShort,
      settings: config,
    };
  }

  async perform(action: Busy, log: OpenLog<WorkflowState>): Promise<void> {
    switch (action.kind) {
      case "append":
        return log.append(action.event);
      case "check_policy":
      case "seek_admission":
      case "sign":
        return enter(this.#needs, action.kind, log, this.#grants);
      default:
        return this.#performOnChain(action, log);
    }
  }

  async #performOnChain(action: OnChain, log: OpenLog<WorkflowState>): Promise<void> {
    const { state, append } = log;
    const needs = this.#needs;
    const seen = this.#seen;
    switch (action.kind) {
      case "submit":
        await submit(needs, state, action.steps, seen, append);
        // The submission may have become too late while the key was in use.
        if (log.state === state) await log.nextChange();
        return;
      case "resend":
        return resend(needs, state, action.hashes, seen);
      case "look":
        if (action.isAwaited) needs.conductor.expectTurnAfter(this.#requestId, this.#final().height);
        return look(needs, state, action, seen);
      case "look_ahead":
        return this.#lookAhead(action, log);
      case "adopt":
        seen.adoptions.set(action.step, await adopt(needs, state, action.step));
        return;
      case "prove_dead": {
        const head = () => needs.follower.heads?.optimistic.height ?? 0;
        const proof = proveDead(needs, state, action.hash, seen);
        const ground = await proof.finally(() => seen.noteProof(action.hash, head()));
        if (ground !== undefined) await append({ case: "transactionDead", value: { txHash: action.hash, ground } });
        return;
      }
      case "burn_nonce": {
        const tried = () => seen.burntAt.set(action.hash, needs.follower.heads?.optimistic.height ?? 0);
        try {
          await burnNonce(needs, state, action.hash);
        } catch (error) {
          // A key that is gone, or used by others, may be a ground by itself: the proof is tried next.
          if (error instanceof KeyUnusable) tried();
          throw error;
        }
        tried();
        return;
      }
      case "resume":
        await resumeChain(needs, state, seen, append);
        // The gate may have turned out not to be free: then there is nothing to do before the next change.
        if (log.state === state) await log.nextChange();
        return;
      case "resume_step":
        await resumeStep(needs, state, action, seen, append);
        if (log.state === state) await log.nextChange();
        return;
      case "reject":
        return rejectIntent(needs, state, action.intentId, seen, append);
      case "read_nonces":
        if (!(await readNonces(needs, state, action.steps, seen))) await log.nextChange();
        return;
      case "cancel":
        return cancelPayloads(needs, state, action.steps, seen, append);
      case "look_at_cancel":
        return lookAtCancel(needs, state, action.hash, seen);
      case "measure": {
        const measured = await measure(needs, state, seen, log.stopping);
        return measured === undefined ? log.nextChange() : append(measured);
      }
      default:
        return action satisfies never;
    }
  }

  async #lookAhead(wanted: Look, log: OpenLog<WorkflowState>): Promise<void> {
    const { follower, conductor } = this.#needs;
    if (follower.asking === undefined) await log.changeOf(follower.asks);
    const { asking } = follower;
    // The log has grown, or the driver is to stop.
    if (asking === undefined) return;
    conductor.expectTurnAfter(this.#requestId, this.#final().height + 1);
    const head = follower.heads?.optimistic.height ?? 0;
    await look(this.#needs, log.state, wanted, this.#seen);
    // The answer may be older than the next block, which may be known here by now: a look in that block is still due.
    for (const hash of wanted.submissions) this.#seen.lookedAt.set(hash, head);
    // One such look a request: a head can take longer.
    await asking;
  }

  async beforeEnd(before: WorkflowState, ended: EndedInit, tell: (event: EventInit) => Promise<WorkflowState>) {
    let state = before;
    await abandonTerms(this.#grants, state, async (event) => {
      state = await tell(event);
    });
    const settling = settlingBefore(state, ended, this.#final());
    if (settling !== undefined) return settling;
    const steps = unmovedSteps(
      ended,
      state.calls.length,
      state.steps.map(({ resolved }) => resolved),
    );
    if (steps.length > 0) await this.#needs.evidence.releaseUsage(state.walletId, state.requestId, steps);
    return { case: "ended", value: ended } as const;
  }

  written(event: EventInit, state: WorkflowState): void {
    const { kept, gate, salts } = this.#needs;
    for (const cache of staleAfter(event)) {
      if (cache === "kept_answers") kept.drop();
      else if (cache === "fee_tiers") gate.forgetFeeTiers();
      else salts.drop();
    }
    if (event.case === "signed") this.#noteDelegates(state);
  }

  /** Height and time 0 before the chain is first seen: no deadline has passed. */
  #final(): FinalFacts {
    const { height, timeMs } = this.#needs.follower.heads?.final ?? { height: 0, timeMs: 0 };
    return { height, timeMs, nonceUse: (this.#sightings ?? nothingSeen).nonceUse };
  }

  #noteDelegates({ account, steps }: WorkflowState): void {
    if (account === undefined) return;
    for (const { signed } of steps) {
      if (signed !== undefined)
        this.#needs.ownDelegates.note(delegateSignerOf(account).accountId, signed.delegateNonce);
    }
  }

  /** Forgets delegates that the gate has dispatched or closed: the others may be pending for a while. */
  #forgetDelegates({ account, steps }: WorkflowState): void {
    if (account === undefined) return;
    for (const step of steps) {
      if (step.signed !== undefined && isDone(step))
        this.#needs.ownDelegates.forget(delegateSignerOf(account).accountId, step.signed.delegateNonce);
    }
  }
}

/** For workflows without sightings of their own: nothing writes here. */
const nothingSeen: Readonly<Sightings> = new Sightings();

/** Progress of a workflow that is not on the lane: if the gate's log says otherwise, that log is behind. */
const gone = { kind: "gone" } as const;

/** The actions that need no chain, for the time before the chain is first seen. */
function withoutChain(state: WorkflowState): Action {
  if (state.ended !== undefined) return { kind: "stop" };
  const withdrawn = cancellation(state);
  if (withdrawn !== undefined) return { kind: "append", event: withdrawn };
  // Whether signatures are over, or used, only the chain tells. Until then the workflow settles.
  const isUntold = state.cancelRequested && state.settling === undefined;
  if (isUntold && isSignedUnsent(state)) return { kind: "append", event: cancelledEnd(state) };
  if (state.settling !== undefined && isPossibleUnsent(state)) return { kind: "wait" };
  if (state.account === undefined) return { kind: "check_policy" };
  return state.admitted === undefined && !isSignedUnsent(state) ? { kind: "seek_admission" } : { kind: "wait" };
}
