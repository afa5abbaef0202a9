import type { JsonObject } from "@bufbuild/protobuf";
import { encodeHex, type PayloadSignature, payloadStandards, signatureOfPayload } from "@outlayer/near";
import { leastHoldMs } from "@outlayer/workflow";
import type { Limits, PayloadFacts, VerifierFacts } from "./facts.ts";
import { problem } from "./payload.ts";
import { readSignedPayload, type SignedPayload, type VerifiedPayload } from "./signed-payload.ts";

/** Most payloads of a step that others have signed: each costs a check of its signature, and readings of the chain. */
const mostPayloads = 4;

/** How long a payload, or a quote, must still hold when it is planned, milliseconds: it is admitted some time later. */
const leastHoldInPlanMs = leastHoldMs + 10_000;

type Problem = { readonly problem: string };

/**
 * Reads the payloads of a step that were signed before they came here; cheap, and the same whatever the chain says.
 * @param check why a payload that can be read is refused all the same; asked before its signature is checked
 */
export function readCarried(
  payloads: readonly object[],
  place: string,
  { verifierId }: Pick<Limits, "verifierId">,
  check: (payload: SignedPayload) => string | undefined = () => undefined,
): Problem | { readonly problem?: undefined; readonly read: readonly VerifiedPayload[] } {
  if (payloads.length > mostPayloads) return problem(`${place} must have at most ${mostPayloads} payloads`);
  const foreign = payloads.findIndex((payload) => !payloadStandards.includes(standardOf(payload)));
  if (foreign >= 0) return problem(`${place}[${foreign}].standard must be one of ${payloadStandards.join(", ")}`);
  const unsigned: SignedPayload[] = [];
  const nonces = new Map<string, SignedPayload>();
  for (const [index, payload] of payloads.entries()) {
    const one = readSignedPayload(payload as JsonObject, `${place}[${index}]`, verifierId);
    if ("problem" in one) return one;
    const refused = check(one);
    if (refused !== undefined) return problem(refused);
    const key = nonceKey(one);
    const same = nonces.get(key);
    if (same !== undefined) return problem(sameNonceText(one, same));
    nonces.set(key, one);
    unsigned.push(one);
  }
  // Signatures cost the most: they are checked once everything else is in order.
  const read: VerifiedPayload[] = [];
  for (const one of unsigned) {
    const signature = checkedSignature(one.payload);
    if (signature === undefined) return problem(`${one.place} has a signature that is not valid`);
    read.push({ ...one, ...signature });
  }
  return { read };
}

const signatures = new WeakMap<object, PayloadSignature | undefined>();

/** A request is planned up to three times, and its signatures are checked once. */
function checkedSignature(payload: JsonObject): PayloadSignature | undefined {
  if (!signatures.has(payload)) signatures.set(payload, signatureOfPayload(payload));
  return signatures.get(payload);
}

function standardOf(payload: object): string {
  const standard: unknown = Reflect.get(payload, "standard");
  return typeof standard === "string" ? standard : "";
}

/** Why a payload is refused beside another one, of the same step or of one before it. */
export function sameNonceText(
  { place }: { readonly place: string },
  other: { readonly place: string } | undefined,
): string {
  return `${place} has signer and nonce of ${other?.place}: only one of them can execute`;
}

/** A payload's key in the facts: the verifier takes each nonce once for an account. */
export const nonceKey = ({ signerId, nonce }: Pick<SignedPayload, "signerId" | "nonce">) =>
  `${signerId} ${encodeHex(nonce)}`;

/** Why something that ends then cannot be dispatched any more; undefined where it can. Times in milliseconds since the epoch. */
export function tooShort(place: string, endsAtMs: number, finalTimeMs: number): string | undefined {
  const least = finalTimeMs + leastHoldInPlanMs;
  if (endsAtMs >= least) return undefined;
  return `${place} holds until ${timeText(endsAtMs)}: to be dispatched it must hold until ${timeText(least)} at least`;
}

export const timeText = (ms: number) => new Date(ms).toISOString();

/** Why the verifier would refuse one of the payloads, by what it says now; undefined where it would not. */
export function stateProblem(
  read: readonly VerifiedPayload[],
  { payloads }: Pick<VerifierFacts, "payloads">,
): string | undefined {
  for (const one of read) {
    const facts = payloads.get(nonceKey(one));
    const found = facts === undefined ? undefined : problemOf(one, facts);
    if (found !== undefined) return found;
  }
  return undefined;
}

function problemOf({ place, signerId, publicKey }: VerifiedPayload, facts: PayloadFacts): string | undefined {
  if (facts.accountLocked) return `${place} is signed for ${signerId}, which the verifier has locked`;
  if (!facts.keyRegistered)
    return `${place} is signed by ${publicKey}, which is not a key of ${signerId} in the verifier`;
  if (!facts.saltValid) return `${place} has a nonce with a salt that the verifier no longer takes`;
  if (facts.nonceUsed) return `${place} has a nonce that ${signerId} has used up`;
  return undefined;
}
