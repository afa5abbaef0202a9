import { sleep } from "@outlayer/kit";
import type { CommonDriverConfig } from "../../config.ts";
import { groundOnSharedKey } from "../../core/chain/landing.ts";
import { readCall } from "../../core/direct-user/call-view.ts";
import { callCancellation, type DirectUserAction, nextDirectUser } from "../../core/direct-user/next.ts";
import {
  type Attempt,
  type DirectUserState,
  evolveDirectUser,
  foldDirectUser,
  liveAttempt,
} from "../../core/direct-user/state.ts";
import { failed, isAmbiguous } from "../../core/direct-user/verdict.ts";
import type { EndedInit, EventInit } from "../../core/workflow/action.ts";
import type { Logged } from "../../core/workflow/state.ts";
import { unmovedSteps } from "../../core/workflow/usage.ts";
import { findTransaction } from "../chain/find-transaction.ts";
import { proveAbsent } from "../chain/prove-absent.ts";
import type { ValidityPeriod } from "../chain/validity-period.ts";
import { outagePauseMs, policyFor, unexpectedEnd } from "../log/error-policy.ts";
import type { Append, LogHandler, OpenLog } from "../log/log-driver.ts";
import type { UnreadLogs } from "../log/unread-logs.ts";
import { waitingEvent } from "../log/waiting.ts";
import { Grants } from "../policy/check-policy.ts";
import { type CallNeeds, checkCallPolicy, makeCall, UserCannotPay } from "./call.ts";
import { readCount } from "./count.ts";
import { CallSightings } from "./sightings.ts";

/** What the handlers of direct-user calls share during one term. */
export interface DirectUserNeeds extends CallNeeds {
  readonly config: CommonDriverConfig;
  readonly validity: ValidityPeriod;
  readonly unread: UnreadLogs;
}

type Busy = Exclude<DirectUserAction, { kind: "stop" | "wait" }>;

/** One direct-user call: has the core decide, and performs its actions. The gate has no part in it. */
export class DirectUserHandler implements LogHandler<DirectUserState, Busy> {
  readonly kind = "a direct-user call";
  readonly #requestId: string;
  readonly #needs: DirectUserNeeds;
  readonly #seen = new CallSightings();
  readonly #grants = new Grants();

  constructor(requestId: string, needs: DirectUserNeeds) {
    this.#requestId = requestId;
    this.#needs = needs;
  }

  get changes() {
    const { follower, userKeys, unread } = this.#needs;
    return [follower.changes, userKeys.changes, unread.changes];
  }

  fold(events: readonly Logged[]): DirectUserState {
    return foldDirectUser(this.#requestId, events);
  }

  evolve(state: DirectUserState, logged: Logged): DirectUserState {
    return evolveDirectUser(state, logged);
  }

  async read(state: DirectUserState): Promise<undefined> {
    const { userKeys } = this.#needs;
    const live = liveAttempt(state);
    if (live !== undefined && state.resolved === undefined) {
      userKeys.hold(live.transaction.publicKey, this.#requestId);
    }
  }

  async decide(state: DirectUserState): Promise<DirectUserAction> {
    const { follower, ports, config } = this.#needs;
    const heads = follower.heads;
    if (heads === undefined) return withoutChain(state);
    return nextDirectUser(state, {
      nowMs: ports.clock.now(),
      blockMs: follower.blockMs,
      head: heads.optimistic.height,
      block: (hash) => follower.place(hash),
      view: this.#seen,
      settings: config,
    });
  }

  async perform(action: Busy, log: OpenLog<DirectUserState>): Promise<void> {
    const { append } = log;
    switch (action.kind) {
      case "append":
        return append(action.event);
      case "check_policy":
      case "call":
        return this.#enter(action.kind, log);
      case "resend":
        return this.#send(action.attempt);
      case "look":
        return this.#look(action.attempt);
      case "prove_dead":
        return this.#proveDead(action.attempt, append);
      case "measure":
        return this.#measure(log);
      default:
        return action satisfies never;
    }
  }

  /** Performs an action before anything is sent. The call may be blocked, and not for ever (rule: blocked-workflow-waits-so-long). */
  async #enter(kind: "check_policy" | "call", log: OpenLog<DirectUserState>): Promise<void> {
    const needs = this.#needs;
    const { state, append, stopping } = log;
    try {
      if (kind === "check_policy") return await append(await checkCallPolicy(needs, state, this.#grants));
      if (!(await makeCall(needs, state, this.#grants, this.#seen, append))) await log.nextChange();
    } catch (error) {
      const waitingFor = error instanceof UserCannotPay ? "balance_low" : policyFor(error)?.waitingFor;
      // A call that is in the log may have been sent: then there is nothing to wait for but its fate.
      if (waitingFor === undefined || log.state !== state) throw error;
      needs.userKeys.release(this.#requestId);
      const wait = { waitingFor, position: 0, expectedStart: undefined, head: 0 };
      const event = waitingEvent(
        state,
        wait,
        { ...needs, blockMs: needs.follower.blockMs, admittedAtMs: 0 },
        texts[waitingFor],
      );
      if (event !== undefined) await append(event);
      await sleep(needs.ports.timers, outagePauseMs, stopping);
    }
  }

  async #send({ transaction }: Attempt): Promise<void> {
    const { node, follower } = this.#needs;
    this.#seen.noteSent(transaction.hash, follower.heads?.optimistic.height ?? 0);
    await node.send(transaction.signedTransaction);
  }

  async #look({ transaction: { hash, signerId, blockHeight } }: Attempt): Promise<void> {
    const { follower } = this.#needs;
    const head = follower.heads?.optimistic.height ?? 0;
    const status = await findTransaction(this.#needs, { hash, signerId, since: Number(blockHeight) }, this.#seen);
    const view = status && readCall(status);
    this.#seen.calls.set(hash, view);
    this.#seen.lookedAt.set(hash, head);
    if (view !== undefined && view.result.kind !== "pending") await follower.learn(view.result.blocks);
  }

  async #proveDead(attempt: Attempt, append: Append): Promise<void> {
    const { hash } = attempt.transaction;
    const { follower } = this.#needs;
    const proof = proveAbsent(this.#needs, attempt.transaction, groundOnSharedKey, this.#seen);
    const ground = await proof.finally(() => this.#seen.noteProof(hash, follower.heads?.optimistic.height ?? 0));
    if (ground !== undefined) await append({ case: "transactionDead", value: { txHash: hash, ground } });
  }

  /** Reads the count again, once a final block shows what the call did. */
  async #measure(log: OpenLog<DirectUserState>): Promise<void> {
    const { state, append } = log;
    const { resolved, call } = state;
    const { value, height } = await readCount(this.#needs.node, call.scope);
    if (value !== undefined && height < Number(resolved?.blockHeight ?? 0n)) {
      // The node lags behind the node asked before.
      await log.nextChange();
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

  async beforeEnd(state: DirectUserState, ended: EndedInit): Promise<EventInit> {
    const steps = unmovedSteps(ended, 1);
    if (steps.length > 0) await this.#needs.evidence.releaseUsage(state.walletId, this.#requestId, steps);
    return { case: "ended", value: ended };
  }

  written(): void {}

  letGo(state: DirectUserState | undefined): void {
    // A call that may still land keeps its key: another call would be signed with the same nonce.
    if (state !== undefined && liveAttempt(state) === undefined) this.#needs.userKeys.release(this.#requestId);
  }

  giveUp(state: DirectUserState): EventInit | undefined {
    return state.ended === undefined && state.attempts.length === 0 ? failed("internal", unexpectedEnd) : undefined;
  }

  leave(): void {
    const { userKeys, follower } = this.#needs;
    userKeys.release(this.#requestId, follower.heads?.optimistic.height);
  }
}

/** The actions that need no chain, for the time before the chain is first seen. */
function withoutChain(state: DirectUserState): DirectUserAction {
  if (state.ended !== undefined) return { kind: "stop" };
  const withdrawn = callCancellation(state);
  if (withdrawn !== undefined) return { kind: "append", event: withdrawn };
  return state.policyAllowed ? { kind: "wait" } : { kind: "check_policy" };
}

/** Error texts of a call that has waited too long, where they differ from a gate workflow's. */
const texts: Readonly<Record<string, string>> = {
  balance_low: "the balance of the user's account does not pay for the call's gas",
};
