import { clone, create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Ended,
  type Event,
  EventSchema,
  type Opened,
  type ResumePrepared,
  type SignedStep,
} from "@outlayer/contracts/outlayer/evidence/v1/event";
import {
  ApprovalNeededSchema,
  BalanceViewSchema,
  DispatchReceiptSchema,
  QueueSchema,
  type Record,
  RecordSchema,
  type Signer,
  StepOutcomeSchema,
  type StepSigners,
  StepSignersSchema,
} from "@outlayer/contracts/outlayer/workflow/v1/record";
import { approvalDigest, isTerminal, originalRequestOf, requestTexts } from "@outlayer/workflow";
import {
  applyDirectUserEvent,
  beginDirectUser,
  callAlreadySent,
  directUserEndpoint,
  doubtDirectUserCall,
  forgetDirectUserCall,
  isCallSent,
} from "./direct-user-record.ts";
import type { Entry } from "./entry.ts";
import { unseal } from "./secrets.ts";

/**
 * The state of the fold: the record, and what later events need of earlier ones. A record is a fold over its log and nothing
 * else; `evolve` is the only place that says which event changes which field.
 */
export interface Folded {
  readonly record: Record;
  readonly resumes: readonly ResumePrepared[];
  /** Hashes of the resumes that are known to have run. */
  readonly started: readonly string[];
  /**
   * The latest signatures; they enter the record with the submissions that carry them
   * (rule: unsubmitted-signature-stays-secret).
   */
  readonly signed: readonly SignedStep[];
  /** Payloads that the session's account has signed itself, JSON texts by step; they enter the record as signatures do. */
  readonly own: readonly (readonly string[])[];
  /** Who signs the delegates, where the wallet's account does not. */
  readonly delegateSigner: Signer | undefined;
  /** Whether every step is an intents step, so that the deltas are complete. */
  readonly allIntents: boolean;
}

/** The entry's event with its secrets restored: for the broadcaster, and for the fold. */
export function eventOf(entry: Entry): Event {
  const { event } = JSON.parse(entry.entryJson) as { event: JsonValue };
  return fromJson(EventSchema, unseal(event, entry.secretJson));
}

const stepwise = "gate_stepwise";

/**
 * @param before the fold of the entries before these
 * @throws RangeError for a log that does not begin with `opened`
 */
export function fold(entries: readonly Entry[], before?: Folded): Folded {
  let folded = before && ownCopy(before);
  // Intermediate states are not shared, so they can be changed in place.
  for (const entry of entries) folded = advance(folded, entry, eventOf(entry));
  if (folded === undefined) throw new RangeError("an empty log has no record");
  return folded;
}

export function evolve(before: Folded | undefined, entry: Entry, event: Event): Folded {
  return advance(before && ownCopy(before), entry, event);
}

function ownCopy(folded: Folded): Folded {
  return { ...folded, record: clone(RecordSchema, folded.record) };
}

/** Like `evolve`, but changes the record that it is given. */
function advance(before: Folded | undefined, entry: Entry, event: Event): Folded {
  const folded = before === undefined ? begin(event) : apply(before, event);
  const { record } = folded;
  record.requestId = entry.requestId;
  record.version = BigInt(entry.version);
  record.headHash = entry.hash;
  record.updatedAt = timestampFromMs(entry.atMs);
  record.createdAt ??= record.updatedAt;
  record.statusUrl = statusUrl(record.endpoint, entry.requestId);
  if (isTerminal(record.status)) delete record.retryAfterMs;
  else record.retryAfterMs = record.status === "queued" ? 2000 : 1000;
  return folded;
}

function begin(event: Event): Folded {
  if (event.kind.case !== "opened") throw new RangeError("a log begins with `opened`");
  const opened = event.kind.value;
  const steps = gateSteps(opened);
  const record = create(RecordSchema, {
    endpoint: opened.endpoint,
    walletId: opened.walletId,
    idempotencyKey: opened.idempotencyKey,
    status: "planned",
    persistedBeforeSigning: true,
    ...requestTexts(opened),
    proxyPredecessor: true,
    predecessorModel: "gate",
    orderingModel: opened.haltOnFailure || opened.stepwise ? stepwise : "gate_chained",
    ...(opened.gateId === "" ? {} : { gateId: opened.gateId }),
    signedNep366Delegates: Array(steps).fill(""),
    submitTxHashes: Array(steps).fill(""),
    intentIds: Array(steps).fill(""),
    dispatchReceipts: Array.from({ length: steps }, () => create(DispatchReceiptSchema)),
    dispatchBlockHeights: Array(steps).fill(0n),
    stepOutcomes: Array.from({ length: steps }, () => create(StepOutcomeSchema, { outcome: "in_progress" })),
    fees: { gateFeeYocto: "0", gasBurntYocto: "0" },
    signers: signersOf(opened),
    directUserScope: {},
    directUserEvidence: {},
  });
  if (opened.planJson !== undefined) record.planJson = opened.planJson;
  if (opened.endpoint === directUserEndpoint) beginDirectUser(record, opened.directUserCall);
  if (opened.ended !== undefined) end(record, opened.ended);
  return {
    record,
    resumes: [],
    started: [],
    signed: [],
    own: opened.calls.map(({ payload }) =>
      payload.case === "own" ? payload.value.payloads.map(({ payloadJson }) => payloadJson) : [],
    ),
    delegateSigner: undefined,
    allIntents: opened.calls.every(({ payload }) => payload.case === "intents" || payload.case === "own"),
  };
}

/** Who has signed what, where the session's account has signed payloads itself; else empty. */
function signersOf({ calls }: Opened): StepSigners[] {
  if (!calls.some(({ payload }) => payload.case === "own")) return [];
  return calls.map(({ payload }) => {
    const payloads = payload.case === "own" ? payload.value.payloads : [];
    return create(StepSignersSchema, {
      payloads: payloads.map(({ payloadSha256, intentHash, standard, signerId, publicKey, nonce, deadlineMs }) => {
        const deadline = new Date(Number(deadlineMs)).toISOString();
        const signer = { accountId: signerId, publicKey };
        return { payloadSha256, intentHash, standard, signer, nonce, deadline };
      }),
    });
  });
}

function gateSteps(opened: Opened): number {
  if (opened.calls.length > 0) return opened.calls.length;
  return opened.planJson?.steps.filter((step) => step.lane === "gate_proxy").length ?? 0;
}

/** A settling workflow stays `settling` until it ends, whatever else happens. */
function apply(before: Folded, event: Event): Folded {
  const isSettling = before.record.status === "settling" && event.kind.case !== "ended";
  const after = applyKind(before, event);
  if (isSettling) after.record.status = "settling";
  // A workflow that is not queued waits for nothing.
  if (after.record.status !== "queued") delete after.record.queue;
  return after;
}

function applyKind(before: Folded, { kind }: Event): Folded {
  const { record } = before;
  const after = before;
  // `outcome_unknown` holds until the next event that says something; `taken` does not.
  if (record.errorCode === "outcome_unknown" && kind.case !== "taken") setError(record, undefined, undefined);
  switch (kind.case) {
    case "opened":
      throw new RangeError("`opened` comes once");
    case "taken":
      if (record.status === "planned") record.status = "policy_checking";
      return after;
    case "policyAllowed":
      // On the direct-user lane signing follows policy at once.
      if (record.endpoint === directUserEndpoint) record.status = "signing";
      return { ...after, delegateSigner: kind.value.delegateSigner };
    case "waiting":
      record.status = "queued";
      if (kind.value.queue !== undefined) record.queue = kind.value.queue;
      return after;
    case "admitted":
      record.status = "signing";
      // A single step is resumed by itself as well, but counts as a chain of one.
      if (kind.value.resumption === "single" && record.intentIds.length > 1) record.orderingModel = stepwise;
      for (const [token, before] of Object.entries(kind.value.balancesBefore)) {
        record.balanceViews[`${token}:intents`] = create(BalanceViewSchema, { before });
      }
      return after;
    case "signingPrepared":
      return after;
    case "signed":
      record.status = "submitting";
      for (const step of record.signers) if (before.delegateSigner !== undefined) step.delegate = before.delegateSigner;
      return { ...after, signed: kind.value.steps };
    case "signaturesDiscarded":
      // No place in a queue: it waits until the discarded signatures are dead. If nothing was signed, it goes on at once.
      if (!kind.value.nothingSigned) {
        record.status = "queued";
        record.queue = create(QueueSchema, { position: 0, waitingFor: "discarded_signatures" });
      }
      for (const step of record.signers) delete step.delegate;
      return { ...after, signed: [] };
    case "submissionsPrepared":
      record.status = "submitting";
      for (const { step, transaction } of kind.value.submissions) {
        record.submitTxHashes[step] = transaction?.hash ?? "";
        record.signedNep366Delegates[step] = before.signed[step]?.signedDelegateBase64 ?? "";
        for (const [index, text] of (before.own[step] ?? []).entries()) {
          const payload = record.signers[step]?.payloads[index];
          if (payload !== undefined) payload.payloadJson = text;
        }
      }
      record.signedNep413Payloads = before.signed.flatMap(({ payload }, step) =>
        payload === undefined || record.signedNep366Delegates[step] === "" ? [] : [payload.payloadJson],
      );
      return after;
    case "submissionsAccepted":
      for (const { step, intentId } of kind.value.steps) record.intentIds[step] = intentId;
      if (!record.intentIds.includes("")) record.status = "submitted";
      return after;
    case "submissionRefused":
      return after;
    case "idsWithdrawn":
      record.status = "submitting";
      for (const step of kind.value.steps) record.intentIds[step] = "";
      return after;
    case "resumePrepared": {
      const hash = kind.value.transaction?.hash ?? "";
      record.resumeTxHashes.push(hash);
      if (kind.value.mode !== "reject") {
        record.status = "resuming";
        // Step by step the first of many.
        if (record.orderingModel !== stepwise || record.resumeTxHash === undefined) record.resumeTxHash = hash;
      }
      return { ...after, resumes: [...before.resumes, kind.value] };
    }
    case "resumeStarted": {
      record.status = "dispatching";
      const started = before.resumes.find((resume) => resume.transaction?.hash === kind.value.txHash);
      if (started === undefined) delete record.resumeTxHash;
      else {
        // Not always the latest resume: an earlier one may have been given up too soon.
        if (started.mode !== "reject" && isShown(record, kind.value.txHash)) record.resumeTxHash = kind.value.txHash;
        addFee(record, started.feeYocto);
      }
      return { ...after, started: [...before.started, kind.value.txHash] };
    }
    case "directUserCallPrepared":
    case "directUserCallResolved":
    case "directUserCallMeasured":
      applyDirectUserEvent(record, kind);
      return after;
    case "cancelRequested":
      record.cancelRequested = true;
      if (isCallSent(record)) setError(record, undefined, callAlreadySent);
      return after;
    case "cancelPrepared":
      record.cancelTxHashes.push(kind.value.transaction?.hash ?? "");
      return after;
    case "cancelResolved":
      return after;
    case "resumeRefused":
    case "transactionDead":
      if (record.endpoint === directUserEndpoint) forgetDirectUserCall(record);
      // A resume that did not run is not the chain's.
      if (record.resumeTxHash === kind.value.txHash) delete record.resumeTxHash;
      if (isResume(before, kind.value.txHash)) {
        record.status = record.dispatchBlockHeights.some((height) => height > 0n) ? "dispatching" : "submitted";
      }
      return after;
    case "stepResolved": {
      const { step, dispatchBlockHeight, receipt, outcome, balanceDeltas } = kind.value;
      record.dispatchBlockHeights[step] = dispatchBlockHeight;
      if (receipt !== undefined) record.dispatchReceipts[step] = receipt;
      if (outcome !== undefined) record.stepOutcomes[step] = outcome;
      if (before.allIntents) addDeltas(record, balanceDeltas);
      return after;
    }
    case "intentClosed":
      return after;
    case "transactionForgotten":
      record.fees?.forgottenTxHashes.push(kind.value.txHash);
      if (record.endpoint === directUserEndpoint) doubtDirectUserCall(record);
      return after;
    case "outcomeUnknown":
      setError(record, "outcome_unknown", "it is not known yet whether what was sent has landed; it is still followed");
      return after;
    case "measured":
      for (const [token, balance] of Object.entries(kind.value.balancesAfter)) addView(record, token, balance);
      record.postBatchViewResults = kind.value.postBatchViewResults;
      if (kind.value.fees !== undefined) record.fees = kind.value.fees;
      return after;
    case "settling":
      record.status = "settling";
      record.stepOutcomes = kind.value.outcomes;
      setError(record, kind.value.errorCode, kind.value.userVisibleError);
      return after;
    case "ended":
      end(record, kind.value);
      // One that nobody saw run, such as one that names an id of a lost fork, is not the chain's.
      if (!before.started.includes(record.resumeTxHash ?? "")) delete record.resumeTxHash;
      return after;
    case undefined:
      throw new RangeError("an event of a kind that this version does not know");
    default:
      return kind satisfies never;
  }
}

/** Whether the record names this resume, which has started: the chain's, or step by step the first one. */
function isShown({ orderingModel, resumeTxHash, resumeTxHashes }: Record, hash: string): boolean {
  if (orderingModel !== stepwise || resumeTxHash === undefined) return true;
  return resumeTxHashes.indexOf(hash) < resumeTxHashes.indexOf(resumeTxHash);
}

function end(record: Record, ended: Ended): void {
  record.status = ended.status;
  setError(record, ended.errorCode, ended.userVisibleError);
  if (ended.outcomes.length > 0) record.stepOutcomes = ended.outcomes;
  // A step that is still in progress at the end was never begun.
  for (const step of record.stepOutcomes) if (step.outcome === "in_progress") step.outcome = "not_executed";
  if (ended.requiredApprovals !== undefined) {
    const { requiredApprovals } = ended;
    const requestHash = approvalDigest(originalRequestOf(record));
    record.approval = create(ApprovalNeededSchema, { requiredApprovals, requestHash });
  }
  const models = modelsOf(ended.status);
  if (models !== undefined) {
    record.proxyPredecessor = false;
    [record.predecessorModel, record.orderingModel] = models;
  }
}

/** Predecessor and ordering model of a workflow that ended without the gate; undefined where the gate stays the predecessor. */
function modelsOf(status: string): readonly [string, string] | undefined {
  switch (status) {
    case "rejected":
    case "policy_denied":
      return ["none", "none"];
    case "requires_direct_user_setup":
      return ["user", "single_tx_atomic"];
    case "requires_funding_setup":
      return ["wallet", "normal_tx_or_view"];
    default:
      return undefined;
  }
}

/** Whether the transaction is a resume of ours, other than a reject. */
function isResume({ resumes }: Folded, hash: string): boolean {
  return resumes.some(({ transaction, mode }) => transaction?.hash === hash && mode !== "reject");
}

function addFee(record: Record, feeYocto: string): void {
  if (record.fees === undefined) return;
  record.fees.gateFeeYocto = (BigInt(record.fees.gateFeeYocto || "0") + BigInt(feeYocto || "0")).toString();
}

function setError(record: Record, code: string | undefined, text: string | undefined): void {
  if (code === undefined) delete record.errorCode;
  else record.errorCode = code;
  if (text === undefined) delete record.userVisibleError;
  else record.userVisibleError = text;
}

function addDeltas(record: Record, deltas: { readonly [token: string]: string }): void {
  for (const [token, delta] of Object.entries(deltas)) {
    const key = `${token}:intents`;
    record.balanceDeltas[key] = (BigInt(record.balanceDeltas[key] ?? "0") + BigInt(delta)).toString();
  }
}

function addView(record: Record, token: string, after: string): void {
  const key = `${token}:intents`;
  const view = record.balanceViews[key];
  if (view === undefined) return;
  view.after = after;
  const moved = BigInt(after) - BigInt(view.before);
  view.ambiguous = moved !== BigInt(record.balanceDeltas[key] ?? "0");
}

function statusUrl(endpoint: string, requestId: string): string {
  switch (endpoint) {
    case "sequential_batch":
      return `/wallet/v1/sequential-batch/${requestId}`;
    case "direct_user_function_call":
      return `/wallet/v1/direct-user/function-call/${requestId}`;
    default:
      return `/wallet/v1/workflows/${requestId}`;
  }
}
