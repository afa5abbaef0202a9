import { Notifier, sleep } from "@outlayer/kit";
import { groundOnSharedKey } from "../../core/chain/landing.ts";
import { readCall } from "../../core/direct-user/call-view.ts";
import { callWithdrawal, type DirectUserAction, nextDirectUser } from "../../core/direct-user/next.ts";
import {
  type Attempt,
  type DirectUserState,
  evolveDirectUser,
  foldDirectUser,
  liveAttempt,
} from "../../core/direct-user/state.ts";
import { isAmbiguous } from "../../core/direct-user/verdict.ts";
import { EvidenceUnavailable, LogMoved } from "../../core/ports/evidence-log.ts";
import { RpcUnavailable } from "../../core/ports/near-node.ts";
import { GrantLapsed, KeystoreUnavailable } from "../../core/ports/signer.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import { unexecutedSteps } from "../../core/workflow/usage.ts";
import { proveAbsent } from "../chain/prove-absent.ts";
import { Grants } from "../policy/check-policy.ts";
import type { Tools } from "../tools.ts";
import { waitingEvent } from "../workflow/waiting.ts";
import { checkCallPolicy, makeCall, UserCannotPay } from "./call.ts";
import { readCount } from "./count.ts";
import { CallSightings } from "./sightings.ts";

/** Pause before going on after an error, or asking again for what was away. Milliseconds. */
const pauseMs = 200;
const outagePauseMs = 500;

/** Errors that happen while others are away or have been faster. */
const expected = [LogMoved, GrantLapsed, EvidenceUnavailable, KeystoreUnavailable];

type Append = (event: EventInit) => Promise<void>;

/**
 * Drives one direct-user call to its end, as `Driver` does a workflow: folds its log, asks the core what is next, does
 * it, writes down what happened. It never touches the gate.
 */
export class DirectUserDriver {
  readonly #requestId: string;
  readonly #tools: Tools;
  readonly #seen = new CallSightings();
  readonly #grants = new Grants();
  readonly #told = new Notifier();
  #state: DirectUserState | undefined;
  #isBehind = false;

  constructor(requestId: string, tools: Tools) {
    this.#requestId = requestId;
    this.#tools = tools;
  }

  /** As a workflow's driver. */
  heed(version = Number.POSITIVE_INFINITY): void {
    if (version <= (this.#state?.version ?? 0)) return;
    this.#isBehind = true;
    this.#told.notify();
  }

  /** Runs until the call has ended or the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { ports, logger, userKeys, follower } = this.#tools;
    while (!signal.aborted) {
      try {
        if (this.#isBehind) this.#state = undefined;
        this.#isBehind = false;
        const state = this.#state ?? (await this.#load());
        this.#state = state;
        const action = this.#decide(state);
        if (action.kind === "stop") break;
        if (action.kind === "wait") await this.#nextChange(signal);
        else await this.#perform(action, state, signal);
      } catch (error) {
        if (error instanceof RpcUnavailable) {
          await this.#nextChange(signal);
          continue;
        }
        // What the log holds now is not known: fold it anew before anything else.
        this.#state = undefined;
        const isExpected = expected.some((kind) => error instanceof kind);
        if (!isExpected) logger.error({ err: error, request_id: this.#requestId }, "driving a direct-user call failed");
        await sleep(ports.timers, pauseMs, signal);
      }
    }
    userKeys.release(this.#requestId, follower.heads?.optimistic.height);
  }

  async #load(): Promise<DirectUserState> {
    const { evidence, userKeys } = this.#tools;
    const state = foldDirectUser(this.#requestId, await evidence.read(this.#requestId));
    const live = liveAttempt(state);
    if (live !== undefined && state.resolved === undefined) {
      userKeys.hold(live.transaction.publicKey, this.#requestId);
    }
    userKeys.noteRead(this.#requestId);
    return state.ended !== undefined || state.epoch !== 0n ? state : this.#take(state);
  }

  #decide(state: DirectUserState): DirectUserAction {
    const { follower, ports, config } = this.#tools;
    const heads = follower.heads;
    if (heads === undefined) return withoutChain(state);
    return nextDirectUser(state, {
      nowMs: ports.clock.now(),
      head: heads.optimistic.height,
      block: (hash) => follower.place(hash),
      view: this.#seen,
      settings: config,
    });
  }

  async #perform(
    action: Exclude<DirectUserAction, { kind: "stop" | "wait" }>,
    state: DirectUserState,
    signal: AbortSignal,
  ): Promise<void> {
    const append: Append = async (event) => {
      this.#state = await this.#append(this.#state ?? state, event);
    };
    switch (action.kind) {
      case "append":
        return append(action.event);
      case "check_policy":
      case "call":
        return this.#enter(action.kind, state, append, signal);
      case "resend":
        return this.#send(action.attempt);
      case "look":
        return this.#look(action.attempt);
      case "prove_dead":
        return this.#proveDead(action.attempt, append);
      case "measure":
        return this.#measure(state, append, signal);
      default:
        return action satisfies never;
    }
  }

  /** What happens before anything is sent: it may wait, and not for ever (rule: blocked-workflow-waits-so-long). */
  async #enter(
    kind: "check_policy" | "call",
    state: DirectUserState,
    append: Append,
    signal: AbortSignal,
  ): Promise<void> {
    const tools = this.#tools;
    try {
      if (kind === "check_policy") return await append(await checkCallPolicy(tools, state, this.#grants));
      if (!(await makeCall(tools, state, this.#grants, this.#seen, append))) await this.#nextChange(signal);
    } catch (error) {
      const waitingFor = outageOf(error);
      // Once it is written down it may have been sent: then there is nothing to wait for but its fate.
      if (waitingFor === undefined || this.#state !== state) throw error;
      tools.userKeys.release(this.#requestId);
      const wait = { waitingFor, position: 0, expectedStart: undefined, head: 0 };
      const event = waitingEvent(state, wait, { ...tools, conductor: noGate }, texts[waitingFor]);
      if (event !== undefined) await append(event);
      await sleep(tools.ports.timers, outagePauseMs, signal);
    }
  }

  async #send({ transaction }: Attempt): Promise<void> {
    const { node, follower } = this.#tools;
    this.#seen.noteSent(transaction.hash, follower.heads?.optimistic.height ?? 0);
    await node.send(transaction.signedTransaction);
  }

  async #look({ transaction: { hash, signerId } }: Attempt): Promise<void> {
    const { node, follower } = this.#tools;
    const head = follower.heads?.optimistic.height ?? 0;
    const status = await node.transaction(hash, signerId);
    const view = status && readCall(status);
    this.#seen.calls.set(hash, view);
    this.#seen.lookedAt.set(hash, head);
    if (view !== undefined && view.result.kind !== "pending") await follower.learn(view.result.blocks);
  }

  async #proveDead(attempt: Attempt, append: Append): Promise<void> {
    const { hash } = attempt.transaction;
    const ground = await proveAbsent(this.#tools, attempt.transaction, groundOnSharedKey, this.#seen);
    // A search that is not through goes on as soon as there is nothing else to do.
    if (!this.#seen.searches.has(hash))
      this.#seen.provenAt.set(hash, this.#tools.follower.heads?.optimistic.height ?? 0);
    if (ground !== undefined) await append({ case: "transactionDead", value: { txHash: hash, ground } });
  }

  /** Reads the count again, once a final block shows what the call did. */
  async #measure(state: DirectUserState, append: Append, signal: AbortSignal): Promise<void> {
    const { resolved, call } = state;
    const { value, height } = await readCount(this.#tools.node, call.scope);
    if (value !== undefined && height < Number(resolved?.blockHeight ?? 0n)) {
      // A node that lags behind the one asked before.
      await this.#nextChange(signal);
      return;
    }
    const before = BigInt(liveAttempt(state)?.prepared.countBefore ?? "0");
    const ambiguous = isAmbiguous(before, value, resolved?.status === "success");
    const counted = value === undefined ? {} : { countAfter: String(value) };
    await append({
      case: "directUserCallMeasured",
      value: { ...counted, countAfterHeight: BigInt(height), ambiguous },
    });
  }

  /** Before anything else that this term appends the log says who drives it now. */
  async #append(state: DirectUserState, event: EventInit): Promise<DirectUserState> {
    const { evidence, lease } = this.#tools;
    if (state.epoch !== lease.epoch) return this.#append(await this.#take(state), event);
    // Right before the end is written down: after a crash in between it is done again.
    const unexecuted = event.case === "ended" ? unexecutedSteps(event.value, 1) : [];
    if (unexecuted.length > 0) await evidence.releaseUsage(state.walletId, this.#requestId, unexecuted);
    return this.#write(state, event);
  }

  #take(state: DirectUserState): Promise<DirectUserState> {
    const { driverId, lease } = this.#tools;
    return this.#write(state, { case: "taken", value: { driverId, epoch: lease.epoch } });
  }

  async #write(state: DirectUserState, event: EventInit): Promise<DirectUserState> {
    const { evidence, ports, logger } = this.#tools;
    const logged = await evidence.append(this.#requestId, state.version, event, ports.clock.now());
    logger.info(
      { request_id: this.#requestId, wallet_id: state.walletId, event: event.case, version: logged.version },
      "appended",
    );
    return evolveDirectUser(state, logged);
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    if (this.#isBehind) return Promise.resolve();
    return Notifier.next([this.#tools.follower.changes, this.#tools.userKeys.changes, this.#told], signal);
  }
}

/** Before the chain was seen for the first time only what needs no chain can be done. */
function withoutChain(state: DirectUserState): DirectUserAction {
  if (state.ended !== undefined) return { kind: "stop" };
  const withdrawn = callWithdrawal(state);
  if (withdrawn !== undefined) return { kind: "append", event: withdrawn };
  return state.policyAllowed ? { kind: "wait" } : { kind: "check_policy" };
}

/** That somebody is taken in at the gate says nothing of what a call of this lane waits for. */
const noGate = { admittedAtMs: 0 };

/** Sentences that are not the gate's, for what a call ends with that has waited too long. */
const texts: Readonly<Record<string, string>> = {
  balance_low: "the balance of the user's account does not pay for the call's gas",
};

function outageOf(error: unknown): string | undefined {
  if (error instanceof UserCannotPay) return "balance_low";
  if (error instanceof KeystoreUnavailable) return "keystore_unavailable";
  return error instanceof RpcUnavailable ? "rpc_unavailable" : undefined;
}
