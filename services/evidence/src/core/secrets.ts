import { clone, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Event, EventSchema, type Opened, type SignedStep } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { Entry, Sha256Hex } from "./entry.ts";

/** A step's signed bytes, under the event's field names. */
interface StepSecret {
  readonly signed_delegate_base64: string;
  readonly payload_json?: string;
}

/** Payloads that a session's account has signed itself, JSON texts by call; empty for a call without them. */
type OwnTexts = readonly (readonly string[])[];

/** An event as it is hashed, and the secrets that were taken out of it, which only the broadcaster may read. */
export interface Sealed {
  readonly event: Event;
  /** JSON text; undefined for an event without secrets. */
  readonly secretJson: string | undefined;
}

/**
 * Replaces signed bytes, those that a session's account has signed itself included, by their SHA-256
 * (rule: unsubmitted-signature-stays-secret). So the hash chain vouches for every signature, and reads of it disclose none.
 */
export function seal(event: Event, sha256Hex: Sha256Hex): Sealed {
  if (event.kind.case === "opened") return sealOpened(event, event.kind.value, sha256Hex);
  if (event.kind.case !== "signed") return { event, secretJson: undefined };
  const secrets = event.kind.value.steps.map(secretOf);
  const sealed = clone(EventSchema, event);
  if (sealed.kind.case === "signed") for (const step of sealed.kind.value.steps) sealStep(step, sha256Hex);
  return { event: sealed, secretJson: JSON.stringify({ steps: secrets }) };
}

function sealOpened(event: Event, { calls }: Opened, sha256Hex: Sha256Hex): Sealed {
  if (!calls.some(({ payload }) => payload.case === "own")) return { event, secretJson: undefined };
  const texts: OwnTexts = calls.map(({ payload }) =>
    payload.case === "own" ? payload.value.payloads.map(({ payloadJson }) => payloadJson) : [],
  );
  const sealed = clone(EventSchema, event);
  for (const { payload } of sealed.kind.case === "opened" ? sealed.kind.value.calls : []) {
    for (const own of payload.case === "own" ? payload.value.payloads : []) {
      own.payloadSha256 = sha256Hex(own.payloadJson);
      own.payloadJson = "";
    }
  }
  return { event: sealed, secretJson: JSON.stringify({ calls: texts }) };
}

function secretOf({ signedDelegateBase64, payload }: SignedStep): StepSecret {
  const delegate = { signed_delegate_base64: signedDelegateBase64 };
  return payload === undefined ? delegate : { ...delegate, payload_json: payload.payloadJson };
}

function sealStep(step: SignedStep, sha256Hex: Sha256Hex): void {
  step.signedDelegateSha256 = sha256Hex(step.signedDelegateBase64);
  step.signedDelegateBase64 = "";
  if (step.payload === undefined) return;
  step.payload.payloadSha256 = sha256Hex(step.payload.payloadJson);
  step.payload.payloadJson = "";
}

// biome-ignore lint/suspicious/noExplicitAny: stored events of every kind and age
type Json = any;

/** The event's JSON with its secrets restored. */
export function unseal(event: JsonValue, secretJson: string | undefined): JsonValue {
  if (secretJson === undefined) return event;
  const { opened, signed } = event as Json;
  if (opened !== undefined) {
    const { calls: texts } = JSON.parse(secretJson) as { calls: OwnTexts };
    return {
      opened: { ...opened, calls: (opened.calls as Json[]).map((call, index) => withTexts(call, texts[index])) },
    };
  }
  const { steps } = JSON.parse(secretJson) as { steps: readonly StepSecret[] };
  const whole = (signed.steps as Json[]).map((step, index) => {
    const { signed_delegate_base64, payload_json } = steps[index] ?? {};
    return { ...step, signed_delegate_base64, ...(step.payload && { payload: { ...step.payload, payload_json } }) };
  });
  return { signed: { ...signed, steps: whole } };
}

function withTexts(call: Json, texts: readonly string[] = []): Json {
  if (call.own === undefined) return call;
  const payloads = (call.own.payloads as Json[]).map((own, index) => ({ ...own, payload_json: texts[index] }));
  return { ...call, own: { ...call.own, payloads } };
}

/** How long an old log's clear text stays withheld, milliseconds: no signature is valid for longer. */
const withheldMs = 24 * 3_600_000;

/** An entry as the workflow's wallet may see it. */
export interface ShownEntry extends Entry {
  /** The signed bytes that were submitted, with their steps; empty where there are none. */
  readonly disclosedJson: string;
  /** Whether `entryJson` was left out. */
  readonly withheld: boolean;
}

/**
 * Discloses no more signed bytes than were submitted. Logs from before secrets were stored apart hold them in clear, within the
 * hashed text: such an entry is withheld for a day, except for its hash.
 */
export function disclose(entries: readonly Entry[], nowMs: number): readonly ShownEntry[] {
  const events = entries.map(({ entryJson }) => eventJson(entryJson));
  return entries.map((entry, index) => {
    if (events[index]?.opened !== undefined) {
      return { ...entry, disclosedJson: disclosedOfOpened(entry, events), withheld: false };
    }
    const steps: Json[] = events[index]?.signed?.steps ?? [];
    if (steps.length === 0) return { ...entry, disclosedJson: "", withheld: false };
    const submitted = submittedAfter(events.slice(index + 1));
    const isClear = steps.some((step) => step.signed_delegate_base64 || step.payload?.payload_json);
    const isOpen = steps.every((_, step) => submitted.has(step)) || nowMs > entry.atMs + withheldMs;
    if (isClear && !isOpen) return { ...entry, entryJson: "", disclosedJson: "", withheld: true };
    return { ...entry, disclosedJson: disclosedOf(entry, submitted), withheld: false };
  });
}

function disclosedOf({ secretJson }: Entry, submitted: ReadonlySet<number>): string {
  if (secretJson === undefined) return "";
  const { steps } = JSON.parse(secretJson) as { steps: readonly StepSecret[] };
  const disclosed = steps.flatMap((secret, step): JsonObject[] => (submitted.has(step) ? [{ step, ...secret }] : []));
  return disclosed.length === 0 ? "" : JSON.stringify({ steps: disclosed });
}

/** The payloads of calls that were ever submitted: none is signed anew. */
function disclosedOfOpened({ secretJson }: Entry, events: readonly Json[]): string {
  if (secretJson === undefined) return "";
  const { calls } = JSON.parse(secretJson) as { calls: OwnTexts };
  const submitted = submissionsIn(events);
  const disclosed = calls.flatMap((own_payloads_json, step): JsonObject[] =>
    submitted.has(step) && own_payloads_json.length > 0 ? [{ step, own_payloads_json: [...own_payloads_json] }] : [],
  );
  return disclosed.length === 0 ? "" : JSON.stringify({ steps: disclosed });
}

/** Steps that were submitted before anything else was signed. */
function submittedAfter(events: readonly Json[]): ReadonlySet<number> {
  const next = events.findIndex((event) => event?.signed !== undefined);
  return submissionsIn(next === -1 ? events : events.slice(0, next));
}

function submissionsIn(events: readonly Json[]): ReadonlySet<number> {
  const submissions: Json[] = events.flatMap((event) => event?.submissions_prepared?.submissions ?? []);
  // The JSON form of protobuf leaves zeros out.
  return new Set(submissions.map(({ step }) => step ?? 0));
}

/** Undefined where the text was altered and is no JSON: it is shown all the same. */
function eventJson(entryJson: string): Json {
  try {
    return JSON.parse(entryJson).event;
  } catch {
    return undefined;
  }
}
