import type {
  AcceptedSubmission,
  Admitted,
  CancelPayload,
  CancelResolved,
  Ended,
  Event,
  IntentClosed,
  Opened,
  PreparedTransaction,
  ResumePrepared,
  Settling,
  SignedStep,
  StepResolved,
  StepTerms,
} from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { GateCall, OwnPayload, PostView } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { Approval } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { Queue, Signer } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { noStandstill, noteStandstill, type Standstill } from "./standstill.ts";

/** The driver's state of a workflow: a fold over its log, and besides the chain the only input to its decisions. */
export interface WorkflowState {
  readonly requestId: string;
  /** Number of events folded: the version that the next append expects. */
  readonly version: number;
  readonly openedAtMs: number;
  readonly walletId: string;
  readonly calls: readonly GateCall[];
  readonly postViews: readonly PostView[];
  readonly approval: Approval | undefined;
  /** Whether a step that fails on chain ends the attempt: later steps are not resumed then. */
  readonly haltOnFailure: boolean;
  /** Whether each call is resumed by itself, as the planner has decided. */
  readonly stepwise: boolean;
  /** Whether its caller accepts one chain and single resumes alike. */
  readonly anyOrdering: boolean;
  /** Lease epoch of the latest broadcaster that drives it; 0 before the first one. */
  readonly epoch: bigint;
  readonly account: Account | undefined;
  /** The reason for which it waits or waited before admission; undefined once it is signed. */
  readonly waiting: WaitingState | undefined;
  readonly admitted: Admitted | undefined;
  /** One per call, in order. */
  readonly steps: readonly StepState[];
  readonly resumes: readonly ResumeState[];
  /** Whether its caller wants everything stopped that has not happened yet. */
  readonly cancelRequested: boolean;
  /** Transactions that use up payloads' nonces, oldest first; only the last may be open. */
  readonly cancels: readonly CancelState[];
  /** Whether signatures on the steps' terms are discarded: nothing is signed before they are dead. */
  readonly discarded: boolean;
  /** How often signatures were discarded. */
  readonly discards: number;
  readonly standstill: Standstill;
  readonly unknown: boolean;
  /** Hashes of transactions of which no node remembers what became (rule: forgotten-is-never-unknown). */
  readonly forgotten: readonly string[];
  readonly measured: boolean;
  readonly settling: Settling | undefined;
  readonly ended: Ended | undefined;
}

/** The reason for waiting; since when it is another reason than its turn, milliseconds since the epoch. */
export interface WaitingState {
  readonly queue: Queue;
  readonly blockedSinceMs: number | undefined;
  /** Set if the record shows something else by now. */
  readonly isOutdated?: true;
}

export interface Account {
  readonly accountId: string;
  /** `ed25519:` and base58; empty for a session. */
  readonly publicKey: string;
  /** Who signs the delegates, where the account itself does not. */
  readonly delegateSigner?: Signer | undefined;
  readonly policyCheckedAtMs: number;
}

type Signing = Pick<Signer, "accountId" | "publicKey">;

/** Account and key that sign the wallet's delegates. */
export function delegateSignerOf(account: Signing & { readonly delegateSigner?: Signing | undefined }): Signing {
  return account.delegateSigner ?? account;
}

export interface StepState {
  /** Payloads that the session's account has signed itself, which anybody may have; empty for other steps. */
  readonly own: readonly OwnPayload[];
  /** Terms on which it was last signed, or may have been; undefined where it certainly was not. */
  readonly terms: Terms | undefined;
  readonly signed: SignedStep | undefined;
  /** Every transaction that carried it, oldest first; all but the last are dead. */
  readonly submissions: readonly SentTransaction[];
  readonly refused: string | undefined;
  readonly accepted: AcceptedSubmission | undefined;
  readonly resolved: StepResolved | undefined;
  /** How its intent ended without a dispatch. */
  readonly closed: IntentClosed | undefined;
  /**
   * `open`: a cancel of its payload may land; `done`: a cancel has used up its nonce; `forgotten`: no node remembers whether a
   * cancel did.
   */
  readonly cancel: "open" | "done" | "forgotten" | undefined;
}

/** The terms that its signatures are bound to. */
export type Terms = Pick<StepTerms, "nonce" | "deadlineMs" | "delegateNonce" | "maxBlockHeight">;

export interface SentTransaction {
  readonly transaction: PreparedTransaction;
  /** When it was appended, milliseconds since the epoch. */
  readonly atMs: number;
  readonly dead: boolean;
}

export interface ResumeState {
  readonly prepared: ResumePrepared;
  readonly hash: string;
  readonly atMs: number;
  readonly fate:
    | { readonly kind: "open" | "dead" | "forgotten" }
    | { readonly kind: "started"; readonly height: number }
    | { readonly kind: "refused"; readonly error: string };
}

export interface CancelState {
  readonly transaction: PreparedTransaction;
  /** When it was appended, milliseconds since the epoch. */
  readonly atMs: number;
  readonly payloads: readonly CancelPayload[];
  readonly fate:
    | { readonly kind: "open" | "dead" | "landed" | "forgotten" }
    /** All of it was reverted, at that height. */
    | { readonly kind: "refused"; readonly height: number; readonly error: string };
}

/** An event, its place and its time. */
export interface Logged {
  readonly version: number;
  readonly atMs: number;
  readonly event: Event;
}

/** @throws RangeError for a log that does not begin with `opened` */
export function foldWorkflow(requestId: string, log: readonly Logged[]): WorkflowState {
  const [first, ...rest] = log;
  if (first?.event.kind.case !== "opened") throw new RangeError(`the log of ${requestId} does not begin with opened`);
  return rest.reduce(evolve, begin(requestId, first.event.kind.value, first.atMs));
}

function begin(requestId: string, opened: Opened, atMs: number): WorkflowState {
  return {
    requestId,
    version: 1,
    openedAtMs: atMs,
    walletId: opened.walletId,
    calls: opened.calls,
    postViews: opened.postViews,
    approval: opened.approval,
    haltOnFailure: opened.haltOnFailure,
    stepwise: opened.stepwise,
    anyOrdering: opened.anyOrdering,
    epoch: 0n,
    account: undefined,
    waiting: undefined,
    admitted: undefined,
    steps: opened.calls.map(({ payload }) =>
      payload.case === "own" ? { ...emptyStep, own: payload.value.payloads } : emptyStep,
    ),
    resumes: [],
    cancelRequested: false,
    cancels: [],
    discarded: false,
    discards: 0,
    standstill: noStandstill,
    unknown: false,
    forgotten: [],
    measured: false,
    settling: undefined,
    ended: opened.ended,
  };
}

const emptyStep: StepState = {
  own: [],
  terms: undefined,
  signed: undefined,
  submissions: [],
  refused: undefined,
  accepted: undefined,
  resolved: undefined,
  closed: undefined,
  cancel: undefined,
};

/**
 * `unknown` holds until an event says something of the chain; `taken` does not. `measured` holds until something is sent or found
 * out; `taken` and `cancelRequested` are neither.
 */
export function evolve(before: WorkflowState, logged: Logged): WorkflowState {
  const { version, atMs, event } = logged;
  const { kind } = event;
  const unknown = kind.case === "taken" && before.unknown;
  const measured = (kind.case === "taken" || kind.case === "cancelRequested") && before.measured;
  const state: WorkflowState = {
    ...before,
    version,
    standstill: noteStandstill(before.standstill, logged),
    unknown,
    measured,
  };
  switch (kind.case) {
    case "opened":
      throw new RangeError("`opened` comes once");
    case "taken":
      return { ...state, epoch: kind.value.epoch };
    case "policyAllowed": {
      const { accountId, publicKey, delegateSigner, checkedAtMs } = kind.value;
      return { ...state, account: { accountId, publicKey, delegateSigner, policyCheckedAtMs: Number(checkedAtMs) } };
    }
    case "waiting": {
      const { queue, blockedSinceMs } = kind.value;
      if (queue === undefined) return state;
      const blocked = blockedSinceMs === undefined ? undefined : Number(blockedSinceMs);
      return { ...state, admitted: undefined, waiting: { queue, blockedSinceMs: blocked } };
    }
    case "admitted":
      return { ...state, admitted: kind.value };
    case "signingPrepared": {
      const steps = state.steps.map((step, index) => ({ ...step, terms: kind.value.steps[index], signed: undefined }));
      return { ...state, discarded: false, steps };
    }
    case "signed": {
      const steps = state.steps.map((step, index) => {
        const signed = kind.value.steps[index];
        return { ...step, signed, terms: signed && termsOf(signed) };
      });
      return { ...state, waiting: undefined, discarded: false, steps };
    }
    case "signaturesDiscarded": {
      const { nothingSigned } = kind.value;
      const steps = state.steps.map((step) => ({
        ...step,
        signed: undefined,
        terms: nothingSigned ? undefined : step.terms,
      }));
      const waiting = state.waiting && { ...state.waiting, isOutdated: true as const };
      const discards = state.discards + (nothingSigned ? 0 : 1);
      return { ...state, admitted: undefined, waiting, discarded: !nothingSigned, discards, steps };
    }
    case "submissionsPrepared":
      return withSteps(
        state,
        kind.value.submissions.flatMap(({ step, transaction }) => (transaction ? [{ step, transaction }] : [])),
        (step, { transaction }) => ({
          ...step,
          submissions: [...step.submissions, { transaction, atMs, dead: false }],
        }),
      );
    case "submissionsAccepted":
      return withSteps(state, kind.value.steps, (step, accepted) => ({ ...step, accepted }));
    case "submissionRefused":
      return withSteps(state, [kind.value], (step, { error }) => ({ ...step, refused: error }));
    case "idsWithdrawn":
      return withSteps(
        state,
        kind.value.steps.map((step) => ({ step })),
        (step) => ({ ...step, accepted: undefined }),
      );
    case "resumePrepared": {
      const prepared = kind.value;
      const resume: ResumeState = { prepared, hash: prepared.transaction?.hash ?? "", atMs, fate: { kind: "open" } };
      return { ...state, resumes: [...state.resumes, resume] };
    }
    case "resumeStarted":
      return withFate(state, kind.value.txHash, { kind: "started", height: Number(kind.value.blockHeight) });
    case "resumeRefused":
      return withFate(state, kind.value.txHash, { kind: "refused", error: kind.value.error });
    case "transactionDead":
      return withDead(state, kind.value.txHash);
    case "transactionForgotten":
      return withForgotten(state, kind.value.txHash);
    case "stepResolved":
      return withSteps(state, [kind.value], (step, resolved) => ({ ...step, resolved }));
    case "intentClosed":
      return withSteps(state, [kind.value], (step, closed) => ({ ...step, closed }));
    case "outcomeUnknown":
      return { ...state, unknown: true };
    case "measured":
      return { ...state, measured: true };
    case "cancelRequested":
      return { ...state, cancelRequested: true };
    case "cancelPrepared": {
      const { transaction, payloads } = kind.value;
      if (transaction === undefined) return state;
      const cancels = [...state.cancels, { transaction, atMs, payloads, fate: { kind: "open" } } as const];
      return withSteps({ ...state, cancels }, payloads, (step) => ({ ...step, cancel: "open" }));
    }
    case "cancelResolved":
      return withCancelResolved(state, kind.value);
    case "settling":
      return { ...state, settling: kind.value };
    case "ended":
      return { ...state, ended: kind.value };
    case "directUserCallPrepared":
    case "directUserCallResolved":
    case "directUserCallMeasured":
      throw new RangeError(`${kind.case} is of the direct-user lane`);
    case undefined:
      throw new RangeError("an event of a kind that this version does not know");
    default:
      return kind satisfies never;
  }
}

/** For logs from before `signingPrepared`, where only the signatures hold the terms. */
function termsOf({ payload, delegateNonce, maxBlockHeight }: SignedStep): Terms {
  return { nonce: payload?.nonce ?? "", deadlineMs: payload?.deadlineMs ?? 0n, delegateNonce, maxBlockHeight };
}

function withSteps<T extends { readonly step: number }>(
  state: WorkflowState,
  changes: readonly T[],
  change: (step: StepState, value: T) => StepState,
): WorkflowState {
  const steps = [...state.steps];
  for (const value of changes) steps[value.step] = change(steps[value.step] ?? emptyStep, value);
  return { ...state, steps };
}

function withFate(state: WorkflowState, hash: string, fate: ResumeState["fate"]): WorkflowState {
  return { ...state, resumes: state.resumes.map((resume) => (resume.hash === hash ? { ...resume, fate } : resume)) };
}

function withCancelFate(state: WorkflowState, hash: string, fate: CancelState["fate"]): WorkflowState {
  const payloads = state.cancels.find(({ transaction }) => transaction.hash === hash)?.payloads ?? [];
  const cancels = state.cancels.map((cancel) => (cancel.transaction.hash === hash ? { ...cancel, fate } : cancel));
  return withSteps({ ...state, cancels }, payloads, (step) => ({ ...step, cancel: undefined }));
}

function withCancelResolved(
  state: WorkflowState,
  { txHash, blockHeight, steps, error }: CancelResolved,
): WorkflowState {
  const height = Number(blockHeight);
  const resolved = withCancelFate(
    state,
    txHash,
    error === undefined ? { kind: "landed" } : { kind: "refused", height, error },
  );
  return withSteps(
    resolved,
    steps.map((step) => ({ step })),
    (step) => ({ ...step, cancel: "done" }),
  );
}

function withForgotten(before: WorkflowState, hash: string): WorkflowState {
  const state = { ...before, forgotten: [...before.forgotten, hash] };
  const cancel = state.cancels.find(({ transaction }) => transaction.hash === hash);
  if (cancel === undefined) return withFate(state, hash, { kind: "forgotten" });
  return withSteps(withCancelFate(state, hash, { kind: "forgotten" }), cancel.payloads, (step) => ({
    ...step,
    cancel: "forgotten",
  }));
}

function withDead(before: WorkflowState, hash: string): WorkflowState {
  const state = withCancelFate(before, hash, { kind: "dead" });
  const steps = state.steps.map((step) => ({
    ...step,
    submissions: step.submissions.map((sent) => (sent.transaction.hash === hash ? { ...sent, dead: true } : sent)),
  }));
  return withFate({ ...state, steps }, hash, { kind: "dead" });
}

/** Every transaction in the log, each of which may have been sent. */
export function sentTransactions({ steps, resumes, cancels }: WorkflowState): readonly PreparedTransaction[] {
  return [
    ...steps.flatMap(({ submissions }) => submissions.map(({ transaction }) => transaction)),
    ...resumes.flatMap(({ prepared }) => prepared.transaction ?? []),
    ...cancels.map(({ transaction }) => transaction),
  ];
}
