import type {
  DirectUserCallPrepared,
  DirectUserCallResolved,
  Ended,
  Opened,
  PreparedTransaction,
} from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { DirectUserCall, DirectUserScope } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { noStandstill, noteStandstill, type Standstill } from "../workflow/standstill.ts";
import type { Logged, WaitingState } from "../workflow/state.ts";

/** The driver's state of a direct-user call: a fold over its log, and besides the chain the only input to its decisions. */
export interface DirectUserState {
  readonly requestId: string;
  /** Number of events folded: the version that the next append expects. */
  readonly version: number;
  readonly walletId: string;
  /** When it was opened, milliseconds since the epoch. */
  readonly openedAtMs: number;
  readonly call: DirectUserCall & { readonly scope: DirectUserScope };
  /** Lease epoch of the latest broadcaster that drives it; 0 before the first one. */
  readonly epoch: bigint;
  readonly policyAllowed: boolean;
  readonly waiting: WaitingState | undefined;
  readonly standstill: Standstill;
  /** Every signed transaction, oldest first; all but the last are dead. */
  readonly attempts: readonly Attempt[];
  readonly resolved: DirectUserCallResolved | undefined;
  readonly measured: boolean;
  /** Whether its caller wants it cancelled. */
  readonly cancelRequested: boolean;
  /** Whether the fate of a sent transaction could not be told in time. */
  readonly unknown: boolean;
  /** Whether no node remembers what became of the last transaction. */
  readonly forgotten: boolean;
  readonly ended: Ended | undefined;
}

export interface Attempt {
  readonly prepared: DirectUserCallPrepared;
  readonly transaction: PreparedTransaction;
  /** When it was appended, milliseconds since the epoch. */
  readonly atMs: number;
  readonly dead: boolean;
}

/** @throws RangeError for a log that does not begin with a direct-user call */
export function foldDirectUser(requestId: string, log: readonly Logged[]): DirectUserState {
  const [first, ...rest] = log;
  if (first?.event.kind.case !== "opened") throw new RangeError(`the log of ${requestId} does not begin with opened`);
  return rest.reduce(evolveDirectUser, begin(requestId, first.event.kind.value, first.atMs));
}

function begin(requestId: string, opened: Opened, atMs: number): DirectUserState {
  const call = opened.directUserCall;
  if (call?.scope === undefined) throw new RangeError(`${requestId} is no direct-user call`);
  return {
    requestId,
    version: 1,
    walletId: opened.walletId,
    openedAtMs: atMs,
    call: { ...call, scope: call.scope },
    epoch: 0n,
    policyAllowed: false,
    waiting: undefined,
    standstill: noStandstill,
    attempts: [],
    resolved: undefined,
    measured: false,
    cancelRequested: false,
    unknown: false,
    forgotten: false,
    ended: opened.ended,
  };
}

/** `unknown` holds until an event says something of the chain; `taken` does not. */
export function evolveDirectUser(before: DirectUserState, logged: Logged): DirectUserState {
  const { version, atMs, event } = logged;
  const { kind } = event;
  const standstill = noteStandstill(before.standstill, logged);
  const state: DirectUserState = { ...before, version, standstill, unknown: kind.case === "taken" && before.unknown };
  switch (kind.case) {
    case "taken":
      return { ...state, epoch: kind.value.epoch };
    case "policyAllowed":
      return { ...state, policyAllowed: true };
    case "waiting": {
      const { queue, blockedSinceMs } = kind.value;
      if (queue === undefined) return state;
      const blocked = blockedSinceMs === undefined ? undefined : Number(blockedSinceMs);
      return { ...state, waiting: { queue, blockedSinceMs: blocked } };
    }
    case "directUserCallPrepared": {
      const { transaction } = kind.value;
      if (transaction === undefined) return state;
      const attempt = { prepared: kind.value, transaction, atMs, dead: false };
      return { ...state, waiting: undefined, attempts: [...state.attempts, attempt] };
    }
    case "transactionDead": {
      const { txHash } = kind.value;
      const attempts = state.attempts.map((attempt) =>
        attempt.transaction.hash === txHash ? { ...attempt, dead: true } : attempt,
      );
      return { ...state, attempts };
    }
    case "transactionForgotten":
      return { ...state, forgotten: true };
    case "directUserCallResolved":
      return { ...state, resolved: kind.value };
    case "directUserCallMeasured":
      return { ...state, measured: true };
    case "cancelRequested":
      return { ...state, cancelRequested: true };
    case "outcomeUnknown":
      return { ...state, unknown: true };
    case "ended":
      return { ...state, ended: kind.value };
    default:
      throw new RangeError(`${kind.case ?? "an unknown event"} is not of the direct-user lane`);
  }
}

/** The transaction that may still land, or has landed. */
export function liveAttempt(state: DirectUserState): Attempt | undefined {
  const last = state.attempts.at(-1);
  return last?.dead ? undefined : last;
}
