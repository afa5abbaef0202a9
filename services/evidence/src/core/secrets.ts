import { clone, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Event, EventSchema, type SignedStep } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { Entry, Sha256Hex } from "./entry.ts";

/** What was signed for a step, by the names that it has in the event. */
interface StepSecret {
  readonly signed_delegate_base64: string;
  readonly payload_json?: string;
}

/** An event as it is hashed, and beside it what only the broadcaster may know by now. */
export interface Sealed {
  readonly event: Event;
  /** JSON text; undefined for an event without anything secret. */
  readonly secretJson: string | undefined;
}

/**
 * Puts the SHA-256 of what was signed in its place (rule: unsubmitted-signature-stays-secret). So the hash chain vouches
 * for every signature, and whoever reads it can do nothing with it.
 */
export function seal(event: Event, sha256Hex: Sha256Hex): Sealed {
  if (event.kind.case !== "signed") return { event, secretJson: undefined };
  const secrets = event.kind.value.steps.map(secretOf);
  const sealed = clone(EventSchema, event);
  if (sealed.kind.case === "signed") for (const step of sealed.kind.value.steps) sealStep(step, sha256Hex);
  return { event: sealed, secretJson: JSON.stringify({ steps: secrets }) };
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

/** The event's JSON with what is kept beside it back in its place. */
export function unseal(event: JsonValue, secretJson: string | undefined): JsonValue {
  if (secretJson === undefined) return event;
  const { signed } = event as Json;
  const { steps } = JSON.parse(secretJson) as { steps: readonly StepSecret[] };
  const whole = (signed.steps as Json[]).map((step, index) => {
    const { signed_delegate_base64, payload_json } = steps[index] ?? {};
    return { ...step, signed_delegate_base64, ...(step.payload && { payload: { ...step.payload, payload_json } }) };
  });
  return { signed: { ...signed, steps: whole } };
}

/** How long an old log's clear text stays withheld, milliseconds: nothing is signed for longer. */
const withheldMs = 24 * 3_600_000;

/** An entry as whoever owns the workflow may see it. */
export interface ShownEntry extends Entry {
  /** What is on record as submitted, with its step; empty where there is nothing of the kind. */
  readonly disclosedJson: string;
  /** `entryJson` was left out. */
  readonly withheld: boolean;
}

/**
 * What of a log may be shown: of what was signed no more than is on record as submitted. Logs from before secrets were kept
 * beside them hold it in clear, and cannot be shown in part: such an entry is left out for a day, its hash is not.
 */
export function disclose(entries: readonly Entry[], nowMs: number): readonly ShownEntry[] {
  const events = entries.map(({ entryJson }) => eventJson(entryJson));
  return entries.map((entry, index) => {
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

/** Steps whose submissions were written down before anything else was signed. */
function submittedAfter(events: readonly Json[]): ReadonlySet<number> {
  const next = events.findIndex((event) => event?.signed !== undefined);
  const own = next === -1 ? events : events.slice(0, next);
  const submissions: Json[] = own.flatMap((event) => event?.submissions_prepared?.submissions ?? []);
  // The JSON form of protobuf leaves zeros out.
  return new Set(submissions.map(({ step }) => step ?? 0));
}

/** Undefined where the text was altered to something else: it is shown as it is all the same. */
function eventJson(entryJson: string): Json {
  try {
    return JSON.parse(entryJson).event;
  } catch {
    return undefined;
  }
}
