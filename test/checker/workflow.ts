import { createHash } from "node:crypto";
import { signedText } from "./chain.ts";
import { type SendingWindow, windowsOf } from "./windows.ts";

// biome-ignore lint/suspicious/noExplicitAny: events of every kind
type Json = any;

/** What evidence says of one workflow: its log as hashed, and its record as REST answers it. */
export interface WorkflowEvidence {
  readonly requestId: string;
  readonly entries: readonly LogEntryJson[];
  readonly record: RecordJson;
}

export interface LogEntryJson {
  readonly version: number;
  readonly entryJson: string;
  readonly hash: string;
  /** What was signed, as far as it is on record as submitted; empty where there is nothing of the kind. */
  readonly disclosedJson: string;
}

/** The record, as far as it is checked. */
export interface RecordJson {
  readonly request_id: string;
  readonly wallet_id: string;
  readonly idempotency_key: string;
  /** Null for what no gate carries. */
  readonly gate_id: string | null;
  readonly status: string;
  readonly error_code: string | null;
  readonly user_visible_error: string | null;
  readonly submit_tx_hashes: readonly (string | null)[];
  readonly intent_ids: readonly (string | null)[];
  readonly resume_tx_hash: string | null;
  readonly resume_tx_hashes: readonly string[];
  readonly dispatch_receipts: readonly (ReceiptJson | null)[];
  readonly dispatch_block_heights: readonly (number | null)[];
  readonly step_outcomes: readonly ({ readonly outcome: string; readonly error: string | null } | null)[];
  readonly balance_deltas: Readonly<Record<string, string>>;
  readonly fees: {
    readonly gate_fee_yocto: string;
    readonly gas_burnt_yocto: string;
    readonly forgotten_tx_hashes: readonly string[];
  };
  /** Empty for workflows. */
  readonly direct_user_evidence: Partial<UserCallJson>;
  readonly version: number;
  readonly head_hash: string;
}

export interface UserCallJson {
  readonly public_key: string | null;
  readonly tx_hash: string | null;
  readonly receipt_id: string | null;
  readonly block_height: number | null;
  readonly count_before: number | null;
  readonly count_after: number | null;
  readonly ambiguous: boolean;
}

export interface ReceiptJson {
  readonly intent_id: string;
  readonly receipt_id: string;
  readonly receiver_id: string;
  readonly method_name: string;
  readonly block_height: number;
  readonly status: string;
  readonly logs: readonly string[];
  readonly error: string | null;
}

/** A transaction that the log holds, and since when, milliseconds since the epoch. */
export interface LoggedTransaction {
  readonly hash: string;
  readonly atMs: number;
}

/** A nonce of an operator's key as the log has it. */
export interface LoggedNonce {
  readonly hash: string;
  readonly publicKey: string;
  readonly nonce: string;
  /** The log says that no chain will ever take the transaction, whatever becomes of its key: the nonce is free again. */
  readonly isFree: boolean;
}

/** What is asked of a user's own key, and every transaction that was signed with it. */
export interface UserCallFacts {
  readonly userId: string;
  readonly receiverId: string;
  readonly method: string;
  readonly signed: readonly LoggedUserCall[];
}

export interface LoggedUserCall extends LoggedTransaction {
  readonly publicKey: string;
  /** The log says that it was proven dead. */
  readonly isDead: boolean;
}

/** One step as asked for, and everything that was ever signed for it. */
export interface StepFacts {
  readonly index: number;
  /**
   * The call's effects, in the words of the chain: one, or one for each payload that a session has signed. None as long as the wallet's
   * account, or what the payloads ask for, is not known.
   */
  readonly effects: readonly string[];
  readonly isPayload: boolean;
  /** Payloads that the session's account has signed itself. */
  readonly own: readonly OwnPayloadFacts[];
  /** What the wallet signs for the verifier; empty for other calls. */
  readonly intents: readonly Json[];
  readonly delegates: readonly string[];
  readonly intentHashes: readonly string[];
}

export interface OwnPayloadFacts {
  readonly signerId: string;
  /** Base64. */
  readonly nonce: string;
  readonly deadlineMs: number;
}

/** On which a step was signed, or may have been. */
export interface SignedTerms {
  readonly step: number;
  /** When they were written down, milliseconds since the epoch. */
  readonly preparedAtMs: number;
  /** Of the payload, base64; empty where there is none. */
  readonly nonce: string;
  readonly deadlineMs: number;
  readonly maxBlockHeight: number;
}

export interface WorkflowFacts {
  readonly requestId: string;
  readonly record: RecordJson;
  readonly isEnded: boolean;
  readonly accountId: string | undefined;
  readonly steps: readonly StepFacts[];
  /** Of every step each time that it was signed, or may have been; in order. */
  readonly terms: readonly SignedTerms[];
  readonly submittedSteps: ReadonlySet<number>;
  readonly submissions: readonly LoggedTransaction[];
  readonly resumes: readonly LoggedTransaction[];
  /** Those that use payloads' nonces up. */
  readonly cancels: readonly LoggedTransaction[];
  /** Steps whose payloads the cancels used up, with the block in which they did. */
  readonly cancelled: readonly { readonly steps: readonly number[]; readonly height: number }[];
  /** Of submissions, and of resumes that dispatch. */
  readonly windows: readonly SendingWindow[];
  /** Of all those. */
  readonly nonces: readonly LoggedNonce[];
  /** Undefined for workflows of the gate. */
  readonly userCall: UserCallFacts | undefined;
  /** Hashes of submissions of whose intents the log does not say how they ended: they may still wait on the gate. */
  readonly left: ReadonlySet<string>;
  /** Milliseconds since the epoch; undefined where its log has no end. */
  readonly endedAtMs: number | undefined;
  /** It was to stop at the first step that fails. */
  readonly halts: boolean;
  /** Its log has a wish to cancel it. */
  readonly wasWished: boolean;
  /**
   * What the log has after that wish, and should not: signatures and submissions. A resume may still be taken over from the
   * gate's log, where it stood before, so that it can be made impossible.
   */
  readonly begunAfterWish: readonly string[];
  /** Payloads or delegates were signed after a submission had been written down. */
  readonly wasSignedAnew: boolean;
  /** What is wrong with the log as a log. */
  readonly breaks: readonly string[];
}

const terminal = [
  "succeeded",
  "requires_funding_setup",
  "requires_direct_user_setup",
  "requires_approval",
  "cancelled",
  "rejected",
  "policy_denied",
  "failed",
];

export function readWorkflow({ requestId, entries, record }: WorkflowEvidence): WorkflowFacts {
  const events: { atMs: number; event: Json }[] = entries.map(({ entryJson, disclosedJson }) => {
    const { at, event } = JSON.parse(entryJson);
    return { atMs: Date.parse(at), event: withDisclosed(event, disclosedJson) };
  });
  const all = <K extends string>(kind: K): Json[] => events.flatMap(({ event }) => event[kind] ?? []);
  const calls: Json[] = all("opened")[0]?.calls ?? [];
  const accountId: string | undefined = all("policy_allowed").at(-1)?.account_id;
  const signed = all("signed");
  const steps = calls.map((call, index) => {
    const ofStep: Json[] = signed.flatMap((one) => one.steps?.[index] ?? []);
    return {
      index,
      effects: call.own === undefined ? effectOfCall(accountId, call) : ownTexts(call).map(ownEffect),
      isPayload: call.intents !== undefined || call.own !== undefined,
      own: (call.own?.payloads ?? []).map((one: Json) => ({
        signerId: one.signer_id,
        nonce: one.nonce,
        deadlineMs: Number(one.deadline_ms),
      })),
      intents:
        call.intents === undefined
          ? ownTexts(call).flatMap(({ intents }) => intents)
          : JSON.parse(call.intents.intents_json),
      delegates: ofStep.flatMap((one) => one.signed_delegate_base64 ?? []),
      intentHashes: [
        ...ofStep.flatMap((one) => one.payload?.intent_hash ?? []),
        ...(call.own?.payloads ?? []).map((one: Json) => one.intent_hash),
      ],
    };
  });
  const logged = (kind: string, pick: (value: Json) => Json[]): LoggedTransaction[] =>
    events.flatMap(({ atMs, event }) =>
      event[kind] === undefined ? [] : pick(event[kind]).map((transaction) => ({ hash: transaction.hash, atMs })),
    );
  return {
    requestId,
    record,
    isEnded: terminal.includes(record.status),
    accountId,
    steps,
    terms: termsOf(events),
    submittedSteps: new Set(all("submissions_prepared").flatMap(stepsOf)),
    submissions: logged("submissions_prepared", ({ submissions }) => submissions.map((one: Json) => one.transaction)),
    resumes: logged("resume_prepared", ({ transaction }) => [transaction]),
    cancels: logged("cancel_prepared", ({ transaction }) => [transaction]),
    cancelled: all("cancel_resolved").map((one) => ({ steps: one.steps ?? [], height: Number(one.block_height) })),
    windows: windowsOf(events.map(({ event }) => event)),
    nonces: noncesOf(events.map(({ event }) => event)),
    userCall: userCallOf(all("opened")[0]?.direct_user_call, events),
    left: leftBy(all),
    endedAtMs: events.find(({ event }) => event.ended !== undefined || event.opened?.ended !== undefined)?.atMs,
    halts: all("opened")[0]?.halt_on_failure === true,
    wasWished: all("cancel_requested").length > 0,
    begunAfterWish: begunAfterWish(events.map(({ event }) => event)),
    wasSignedAnew: wasSignedAnew(events.map(({ event }) => event)),
    breaks: breaksOf(requestId, entries, record, events),
  };
}

/** What an entry names by its SHA-256, put in its place as far as it is shown beside it. */
function withDisclosed(event: Json, disclosedJson: string): Json {
  if (disclosedJson === "") return event;
  const { steps }: Json = JSON.parse(disclosedJson);
  if (event.opened !== undefined) {
    const calls = event.opened.calls.map((call: Json, index: number) => {
      const texts = steps.find(({ step }: Json) => step === index)?.own_payloads_json;
      return texts === undefined ? call : { ...call, ownTexts: texts };
    });
    return { opened: { ...event.opened, calls } };
  }
  const signed = event.signed.steps.map((one: Json, index: number) => {
    const { signed_delegate_base64 } = steps.find(({ step }: Json) => step === index) ?? {};
    return signed_delegate_base64 === undefined ? one : { ...one, signed_delegate_base64 };
  });
  return { signed: { steps: signed } };
}

/** Without those on which the keystore is known to have signed nothing. */
function termsOf(events: readonly { readonly atMs: number; readonly event: Json }[]): SignedTerms[] {
  return events.flatMap(({ atMs, event }, index) => {
    const prepared: Json[] = event.signing_prepared?.steps ?? [];
    const next = events.slice(index + 1).find((one) => one.event.signing_prepared ?? one.event.signatures_discarded);
    if (next?.event.signatures_discarded?.nothing_signed === true) return [];
    return prepared.map((terms, step) => ({
      step,
      preparedAtMs: atMs,
      nonce: terms.nonce ?? "",
      deadlineMs: Number(terms.deadline_ms ?? 0),
      maxBlockHeight: Number(terms.max_block_height ?? 0),
    }));
  });
}

function noncesOf(events: readonly Json[]): LoggedNonce[] {
  const free = new Set(
    events.flatMap(({ transaction_dead: dead }) =>
      ["expired", "forked_away"].includes(dead?.ground) ? [dead.tx_hash] : [],
    ),
  );
  const transactions: Json[] = events.flatMap(({ submissions_prepared, resume_prepared, cancel_prepared }) => [
    ...(submissions_prepared?.submissions ?? []).map((one: Json) => one.transaction),
    ...[resume_prepared, cancel_prepared].flatMap((one) => one?.transaction ?? []),
  ]);
  return transactions.map(({ hash, public_key: publicKey, nonce }) => ({
    hash,
    publicKey,
    nonce,
    isFree: free.has(hash),
  }));
}

const stepsOf = ({ submissions }: Json): number[] => submissions.map(({ step }: Json) => step ?? 0);

function userCallOf(
  asked: Json,
  events: readonly { readonly atMs: number; readonly event: Json }[],
): UserCallFacts | undefined {
  if (asked === undefined) return undefined;
  const dead = new Set(events.flatMap(({ event }) => event.transaction_dead?.tx_hash ?? []));
  const signed = events.flatMap(({ atMs, event }): LoggedUserCall[] => {
    const transaction = event.direct_user_call_prepared?.transaction;
    if (transaction === undefined) return [];
    const { hash, public_key: publicKey } = transaction;
    return [{ hash, atMs, publicKey, isDead: dead.has(hash) }];
  });
  const { user_id: userId, receiver_id: receiverId } = asked.scope;
  return { userId, receiverId, method: asked.method_name, signed };
}

function begunAfterWish(events: readonly Json[]): string[] {
  const wish = events.findIndex((event) => event.cancel_requested !== undefined);
  if (wish === -1) return [];
  return events.slice(wish).flatMap((event) => {
    const [kind = ""] = Object.keys(event);
    return ["admitted", "signed", "submissions_prepared", "direct_user_call_prepared"].includes(kind) ? [kind] : [];
  });
}

function wasSignedAnew(events: readonly Json[]): boolean {
  const submitted = events.findIndex((event) => event.submissions_prepared !== undefined);
  return submitted !== -1 && events.slice(submitted).some((event) => event.signed !== undefined);
}

/** What a call does, as text: the same for two calls that do the same, and for their traces on chain. */
function effectOfCall(accountId: string | undefined, call: Json): string[] {
  if (accountId === undefined) return [];
  if (call.intents !== undefined) return [payloadEffect(accountId, JSON.parse(call.intents.intents_json))];
  return [callEffect(accountId, call.receiver_id, call.method_name, call.args ?? "")];
}

/** What payloads say that a session has signed itself, as far as they are shown. */
function ownTexts({ ownTexts: texts = [] }: Json): Json[] {
  return texts.map((text: string) => JSON.parse(signedText(JSON.parse(text))));
}

const ownEffect = ({ signer_id, intents }: Json) => payloadEffect(signer_id, intents);

export function payloadEffect(accountId: string, intents: unknown): string {
  return `${accountId} signs ${JSON.stringify(sorted(intents))}`;
}

/** @param args base64 */
export function callEffect(accountId: string, receiverId: string, method: string, args: string): string {
  return `${accountId} calls ${receiverId}.${method} ${args}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

function breaksOf(
  requestId: string,
  entries: WorkflowEvidence["entries"],
  record: RecordJson,
  events: readonly { readonly event: Json }[],
): string[] {
  const breaks: string[] = [];
  let previous = "0".repeat(64);
  for (const [index, { version, entryJson, hash }] of entries.entries()) {
    const entry = JSON.parse(entryJson);
    const place = `entry ${index + 1}`;
    if (version !== index + 1 || entry.version !== version) breaks.push(`${place} has version ${version}`);
    if (createHash("sha256").update(entryJson).digest("hex") !== hash) breaks.push(`${place} is not what was hashed`);
    if (entry.prev_hash !== previous) breaks.push(`${place} does not follow the one before it`);
    if (entry.request_id !== requestId) breaks.push(`${place} is of another workflow`);
    previous = hash;
  }
  if (record.head_hash !== previous) breaks.push("the record's head hash is not the last entry's");
  if (record.version !== entries.length) breaks.push("the record's version is not the number of entries");
  if (events[0]?.event.opened === undefined) breaks.push("the log does not begin with the request");
  const last = events.at(-1)?.event;
  const hasEnd = last?.ended !== undefined || last?.opened?.ended !== undefined;
  if (hasEnd !== terminal.includes(record.status)) breaks.push("the record's end is not the log's");
  return breaks;
}

/** @param all events of a kind */
function leftBy(all: (kind: string) => Json[]): ReadonlySet<string> {
  const ended = new Set([...all("step_resolved"), ...all("intent_closed")].map(({ step }) => step ?? 0));
  const submissions: Json[] = all("submissions_prepared").flatMap((one) => one.submissions);
  return new Set(submissions.filter(({ step }) => !ended.has(step ?? 0)).map(({ transaction }) => transaction.hash));
}
