import { Notifier, sleep } from "@outlayer/kit";
import { EvidenceUnavailable, LogMoved, StillPossible } from "../../core/ports/evidence-log.ts";
import { RpcUnavailable } from "../../core/ports/near-node.ts";
import { GrantLapsed, KeystoreUnavailable } from "../../core/ports/signer.ts";
import type { Action, EndedInit, EventInit } from "../../core/workflow/action.ts";
import { cancelledEnd, withdrawal } from "../../core/workflow/cancel.ts";
import { laneProgress } from "../../core/workflow/lane-progress.ts";
import { next } from "../../core/workflow/next.ts";
import type { FinalFacts } from "../../core/workflow/outcomes.ts";
import { owedBy } from "../../core/workflow/owed.ts";
import { blocksTaken, canGrowOld, isDone, isResumedSingly, isSignedUnsent } from "../../core/workflow/progress.ts";
import { settlingBefore } from "../../core/workflow/settle.ts";
import { type Account, evolve, foldWorkflow, sentTransactions, type WorkflowState } from "../../core/workflow/state.ts";
import { unexecutedSteps } from "../../core/workflow/usage.ts";
import type { World } from "../../core/workflow/world.ts";
import { KeyUnusable } from "../chain/key-lane.ts";
import { checkPolicy, Grants } from "../policy/check-policy.ts";
import type { Tools } from "../tools.ts";
import { adopt } from "./perform/adopt.ts";
import { burnNonce } from "./perform/burn-nonce.ts";
import { cancelPayloads, lookAtCancel } from "./perform/cancel.ts";
import { look } from "./perform/look.ts";
import { measure } from "./perform/measure.ts";
import { proveDead } from "./perform/prove-dead.ts";
import { readNonces } from "./perform/read-nonces.ts";
import { recoveredResume, rejectIntent, resumeChain, resumeStep } from "./perform/resume.ts";
import { seekAdmission } from "./perform/seek-admission.ts";
import { abandonTerms, sign } from "./perform/sign.ts";
import { resend, submit } from "./perform/submit.ts";
import { Sightings } from "./sightings.ts";
import { waitingEvent } from "./waiting.ts";

/** Pause before going on after an error, milliseconds. */
const pauseMs = 200;

/** Pause before asking again for what was away, milliseconds. */
const outagePauseMs = 500;

/** Pause before asking evidence again to release usage, which waits for its clock. Milliseconds. */
const stillPossiblePauseMs = 5000;

/** Errors that happen while others are away or have been faster. */
const expected = [LogMoved, GrantLapsed, EvidenceUnavailable, KeystoreUnavailable];

/**
 * Drives one workflow to its end: folds its log, asks the core what is next, does it, writes down what happened. Under its
 * lease it is the only writer of that log besides the planner's first event and a caller's wish to cancel; should another
 * write all the same, the log refuses one of them, and that one folds anew.
 */
export class Driver {
  readonly #requestId: string;
  readonly #tools: Tools;
  readonly #seen = new Sightings();
  readonly #grants = new Grants();
  readonly #told = new Notifier();
  #state: WorkflowState | undefined;
  #isBehind = false;

  constructor(requestId: string, tools: Tools) {
    this.#requestId = requestId;
    this.#tools = tools;
  }

  /** Says that its log has grown by somebody else's doing. @param version how far; it may be its own doing as well */
  heed(version = Number.POSITIVE_INFINITY): void {
    if (version <= (this.#state?.version ?? 0)) return;
    this.#isBehind = true;
    this.#told.notify();
  }

  /** Runs until the workflow has ended or the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { ports, logger } = this.#tools;
    while (!signal.aborted) {
      try {
        if (this.#isBehind) this.#state = undefined;
        this.#isBehind = false;
        const state = this.#state ?? (await this.#load());
        this.#state = state;
        const action = await this.#decide(state);
        if (action.kind === "stop") return this.#leave(state);
        if (action.kind === "wait") await this.#nextChange(signal);
        else await this.#perform(action, state, signal);
      } catch (error) {
        if (signal.aborted) return;
        // What was appended before that is in the state already.
        if (error instanceof RpcUnavailable || error instanceof KeyUnusable) {
          await this.#nextChange(signal);
          continue;
        }
        // What the log holds now is not known: fold it anew before anything else.
        this.#state = undefined;
        if (error instanceof StillPossible) {
          logger.warn({ err: error, request_id: this.#requestId }, "evidence does not release usage yet");
          await sleep(ports.timers, stillPossiblePauseMs, signal);
          continue;
        }
        const isExpected = expected.some((kind) => error instanceof kind);
        if (!isExpected) logger.error({ err: error, request_id: this.#requestId }, "driving a workflow failed");
        await sleep(ports.timers, pauseMs, signal);
      }
    }
  }

  #leave(state: WorkflowState): void {
    const { conductor, commitments, line, intake } = this.#tools;
    this.#forgetDelegates(state);
    commitments.drop(this.#requestId);
    line.leave(this.#requestId);
    intake.leave(this.#requestId);
    conductor.forget(this.#requestId);
  }

  async #load(): Promise<WorkflowState> {
    const { evidence, conductor, relayer, approver } = this.#tools;
    const state = foldWorkflow(this.#requestId, await evidence.read(this.#requestId));
    this.#noteDelegates(state);
    for (const { publicKey, nonce } of sentTransactions(state)) {
      (relayer.lane(publicKey) ?? approver.lane(publicKey))?.noteIssued(nonce);
    }
    if (state.ended !== undefined) return state;
    if (state.epoch === 0n) return this.#take(state);
    // Nothing is sent before it is in this log too: once another resume of the same intents has run, it never will be.
    const begun = new Set(
      state.resumes.flatMap(({ prepared, fate }) => (fate.kind === "started" ? prepared.intentIds : [])),
    );
    const known = state.resumes.map(({ hash }) => hash);
    const prepared = await conductor.preparedResumes(this.#requestId);
    const missing = prepared.find(
      ({ transaction, intentIds }) =>
        !known.includes(transaction?.hash ?? "") && !intentIds.some((intentId) => begun.has(intentId)),
    );
    const event = missing === undefined ? undefined : recoveredResume(missing);
    return event === undefined ? state : this.#append(state, event);
  }

  async #decide(state: WorkflowState): Promise<Action> {
    const { conductor } = this.#tools;
    const world = this.#world();
    if (world === undefined) {
      const action = withoutChain(state);
      // It may have been taken in before it ended, and would hold up all that come after it.
      if (action.kind === "stop") await conductor.report(this.#requestId, gone);
      return action;
    }
    const isOnLane = state.admitted !== undefined && !isResumedSingly(state);
    await conductor.report(this.#requestId, isOnLane ? laneProgress(state, world) : gone);
    this.#commit(state);
    if (isResumedSingly(state)) this.#countIn(state, world.head);
    // One whose signatures were thrown away waits until they are dead, and was late: others can be let in meanwhile.
    else if (state.discarded) this.#tools.intake.release(this.#requestId, Number.POSITIVE_INFINITY);
    // Reporting may have made it this workflow's turn.
    return next(state, { ...world, turn: conductor.isTurn(this.#requestId) });
  }

  /** Says what it has yet to take from the operator's balances. */
  #commit(state: WorkflowState): void {
    const { commitments, config, follower } = this.#tools;
    const gasPrice = follower.heads?.final.gasPrice ?? 0n;
    const submitGas = config.submitIntentGas + config.gateCallbackGas;
    const owed = owedBy(state, { gasPrice, submitGas, resumeGas: config.resumeBatchGas });
    if (owed === undefined) commitments.drop(this.#requestId);
    else commitments.set(this.#requestId, owed);
  }

  /** Says whether it takes part of what can be under way at once. */
  #countIn(state: WorkflowState, head: number): void {
    const { intake } = this.#tools;
    if (canGrowOld(state, head)) intake.hold(this.#requestId);
    else intake.release(this.#requestId, blocksTaken(state, head));
  }

  #world(): World | undefined {
    const { follower, ports, config, conductor } = this.#tools;
    const heads = follower.heads;
    if (heads === undefined) return undefined;
    return {
      nowMs: ports.clock.now(),
      head: heads.optimistic.height,
      final: this.#final(),
      block: (hash) => follower.place(hash),
      view: this.#seen,
      turn: conductor.isTurn(this.#requestId),
      isAwaited: conductor.isAwaited(this.#requestId),
      rejectLeftovers: conductor.isRelayerShort,
      settings: config,
    };
  }

  async #perform(
    action: Exclude<Action, { kind: "stop" | "wait" }>,
    state: WorkflowState,
    signal: AbortSignal,
  ): Promise<void> {
    const tools = this.#tools;
    const seen = this.#seen;
    const append = async (event: EventInit) => {
      this.#state = await this.#append(this.#state ?? state, event);
    };
    switch (action.kind) {
      case "append":
        return append(action.event);
      case "check_policy":
      case "seek_admission":
      case "sign":
        return this.#enter(action.kind, state, append, signal);
      case "submit":
        return submit(tools, state, action.steps, seen, append);
      case "resend":
        return resend(tools, state, action.hashes, seen);
      case "look":
        return look(tools, state, action, seen);
      case "adopt":
        seen.adoptions.set(action.step, await adopt(tools, state, action.step));
        return;
      case "prove_dead": {
        const ground = await proveDead(tools, state, action.hash, seen);
        // A search that is not through goes on as soon as there is nothing else to do.
        if (!seen.searches.has(action.hash))
          seen.provenAt.set(action.hash, tools.follower.heads?.optimistic.height ?? 0);
        if (ground !== undefined) await append({ case: "transactionDead", value: { txHash: action.hash, ground } });
        return;
      }
      case "burn_nonce": {
        const tried = () => seen.burntAt.set(action.hash, tools.follower.heads?.optimistic.height ?? 0);
        try {
          await burnNonce(tools, state, action.hash);
        } catch (error) {
          // A key that is gone, or used by others, is a ground by itself: that is looked at next.
          if (error instanceof KeyUnusable) tried();
          throw error;
        }
        tried();
        return;
      }
      case "resume":
        await resumeChain(tools, state, seen, append);
        // The gate may have turned out not to be free: then there is nothing to do before something changes.
        if (this.#state === state) await this.#nextChange(signal);
        return;
      case "resume_step":
        await resumeStep(tools, state, action, seen, append);
        if (this.#state === state) await this.#nextChange(signal);
        return;
      case "reject":
        return rejectIntent(tools, state, action.intentId, seen, append);
      case "read_nonces":
        if (!(await readNonces(tools, state, action.steps, seen))) await this.#nextChange(signal);
        return;
      case "cancel":
        return cancelPayloads(tools, state, action.steps, seen, append);
      case "look_at_cancel":
        return lookAtCancel(tools, action.hash, seen);
      case "measure": {
        const measured = await measure(tools, state, seen, signal);
        return measured === undefined ? this.#nextChange(signal) : append(measured);
      }
      default:
        return action satisfies never;
    }
  }

  /** What happens before anything is submitted: it may wait, and not for ever (rule: blocked-workflow-waits-so-long). */
  async #enter(
    kind: "check_policy" | "seek_admission" | "sign",
    state: WorkflowState,
    append: (event: EventInit) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const waits = async (waitingFor: string, position = 0, expectedStart?: number) => {
      const head = this.#tools.follower.heads?.optimistic.height ?? 0;
      const event = waitingEvent(state, { waitingFor, position, expectedStart, head }, this.#tools);
      if (event !== undefined) await append(event);
      const { conductor, intake, follower } = this.#tools;
      const inGateQueue = position === 0 ? undefined : conductor;
      const queue = intake.isWaiting(this.#requestId) ? intake : inGateQueue;
      // One with a place in a queue is called, so that thousands need not look up at every block. The others look once a
      // block, and not whenever something moves on the gate: two of them would wake each other for ever.
      const change = queue === undefined ? follower.changes : queue.callsFor(this.#requestId);
      if (change !== undefined && !this.#isBehind) await Notifier.next([change, this.#told], signal);
    };
    try {
      if (kind === "check_policy") return await append(await checkPolicy(this.#tools, state, this.#grants));
      const account = state.account as Account;
      if (kind === "sign") {
        const event = await sign(this.#tools, state, account, { grants: this.#grants, append, signal });
        return event === undefined ? undefined : await append(event);
      }
      const admission = await seekAdmission(this.#tools, state, account, this.#grants);
      if (admission.kind === "event") return await append(admission.event);
      return await waits(admission.waitingFor, admission.position, admission.expectedStart);
    } catch (error) {
      const waitingFor = outageOf(error);
      if (waitingFor === undefined) throw error;
      // Its trouble is not to hold up those behind it.
      this.#tools.conductor.withdraw(this.#requestId);
      this.#tools.intake.leave(this.#requestId);
      await waits(waitingFor);
      await sleep(this.#tools.ports.timers, outagePauseMs, signal);
    }
  }

  /** Before anything else that this term appends the log says who drives it now. */
  async #append(state: WorkflowState, event: EventInit): Promise<WorkflowState> {
    if (state.epoch !== this.#tools.lease.epoch) return this.#append(await this.#take(state), event);
    if (event.case !== "ended") return this.#write(state, event);
    let last = state;
    await abandonTerms(this.#grants, async (told) => {
      last = await this.#write(last, told);
    });
    const settling = settlingBefore(last, event.value, this.#final());
    if (settling !== undefined) return this.#write(last, settling);
    await this.#releaseUsage(last, event.value);
    return this.#write(last, event);
  }

  /** Before the chain was seen for the first time nothing is over. */
  #final(): FinalFacts {
    const { height, timeMs } = this.#tools.follower.heads?.final ?? { height: 0, timeMs: 0 };
    return { height, timeMs, nonceUse: this.#seen.nonceUse };
  }

  #take(state: WorkflowState): Promise<WorkflowState> {
    const { driverId, lease } = this.#tools;
    return this.#write(state, { case: "taken", value: { driverId, epoch: lease.epoch } });
  }

  async #write(state: WorkflowState, event: EventInit): Promise<WorkflowState> {
    const { evidence, ports, logger } = this.#tools;
    const logged = await evidence.append(this.#requestId, state.version, event, ports.clock.now());
    logger.info(
      { request_id: this.#requestId, wallet_id: state.walletId, event: event.case, version: logged.version },
      "appended",
    );
    if (event.case === "resumeRefused" || event.case === "submissionRefused") {
      this.#tools.kept.drop();
      this.#tools.gate.forgetFeeTiers();
    }
    if (event.case === "stepResolved" && event.value.receipt?.status !== "success") {
      this.#tools.kept.drop();
      this.#tools.salts.drop();
    }
    const after = evolve(state, logged);
    if (event.case === "signed") this.#noteDelegates(after);
    return after;
  }

  #noteDelegates({ account, steps }: WorkflowState): void {
    if (account === undefined) return;
    for (const { signed } of steps) {
      if (signed !== undefined) this.#tools.ownDelegates.note(account.accountId, signed.delegateNonce);
    }
  }

  /** Those that the gate has dispatched or closed: the others may be pending for a while. */
  #forgetDelegates({ account, steps }: WorkflowState): void {
    if (account === undefined) return;
    for (const step of steps) {
      if (step.signed !== undefined && isDone(step))
        this.#tools.ownDelegates.forget(account.accountId, step.signed.delegateNonce);
    }
  }

  /** Right before the end is written down: after a crash in between it is done again. */
  async #releaseUsage(state: WorkflowState, ended: EndedInit): Promise<void> {
    const steps = unexecutedSteps(ended, state.calls.length);
    if (steps.length > 0) await this.#tools.evidence.releaseUsage(state.walletId, state.requestId, steps);
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    // It may have been told before it began to wait.
    if (this.#isBehind) return Promise.resolve();
    return Notifier.next([this.#tools.follower.changes, this.#tools.conductor.changes, this.#told], signal);
  }
}

/** Neither admitted yet nor any more: if the gate's log says otherwise, it is behind. */
const gone = { kind: "gone" } as const;

/** Before the chain was seen for the first time only what needs no chain can be done. */
function withoutChain(state: WorkflowState): Action {
  if (state.ended !== undefined) return { kind: "stop" };
  const withdrawn = withdrawal(state);
  if (withdrawn !== undefined) return { kind: "append", event: withdrawn };
  // What was signed may be over, or used: only the chain tells. Until then it settles.
  const isUntold = state.cancelRequested && state.settling === undefined;
  if (isUntold && isSignedUnsent(state)) return { kind: "append", event: cancelledEnd(state) };
  if (state.account === undefined) return { kind: "check_policy" };
  return state.admitted === undefined && !isSignedUnsent(state) ? { kind: "seek_admission" } : { kind: "wait" };
}

/** What a workflow waits for that met this error before anything was submitted; undefined for one not to wait out. */
function outageOf(error: unknown): string | undefined {
  if (error instanceof KeystoreUnavailable) return "keystore_unavailable";
  if (error instanceof KeyUnusable) return "no_usable_key";
  return error instanceof RpcUnavailable ? "rpc_unavailable" : undefined;
}
