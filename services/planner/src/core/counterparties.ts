import type { JsonObject } from "@bufbuild/protobuf";
import { encodeHex, signingKeyOfPayload } from "@outlayer/near";
import {
  type CounterpartyPayload,
  payloadStandards,
  readCounterpartyPayload,
  type SignedByCounterparty,
} from "./counterparty-payload.ts";
import type { Limits, PayloadFacts, VerifierFacts } from "./facts.ts";
import { problem } from "./payload.ts";
import { type Delta, type TokenBalance, unbalanced } from "./swap-balance.ts";

/** Most payloads of a step: each costs a check of its signature, and readings of the chain. */
const mostCounterparties = 4;

/**
 * How long a payload, or a quote, must still hold when it is planned, milliseconds: the gate takes some blocks to take a call in, and three
 * to dispatch it.
 */
const leastHoldMs = 10_000;

type Problem = { readonly problem: string };

/** Reads the payloads of counterparties; cheap, and the same whatever the chain says. */
export function readCounterparties(
  payloads: readonly object[],
  place: string,
  { verifierId }: Pick<Limits, "verifierId">,
): Problem | { readonly problem?: undefined; readonly read: readonly SignedByCounterparty[] } {
  if (payloads.length > mostCounterparties) return problem(`${place} must have at most ${mostCounterparties} payloads`);
  const foreign = payloads.findIndex((payload) => !payloadStandards.includes(standardOf(payload)));
  if (foreign >= 0) return problem(`${place}[${foreign}].standard must be one of ${payloadStandards.join(", ")}`);
  const unsigned: CounterpartyPayload[] = [];
  const nonces = new Map<string, CounterpartyPayload>();
  for (const [index, payload] of payloads.entries()) {
    const one = readCounterpartyPayload(payload as JsonObject, `${place}[${index}]`, verifierId);
    if ("problem" in one) return one;
    const key = nonceKey(one);
    const same = nonces.get(key);
    if (same !== undefined) return problem(sameNonceText(one, same));
    nonces.set(key, one);
    unsigned.push(one);
  }
  // Signatures cost the most: they are checked once everything else is in order.
  const read: SignedByCounterparty[] = [];
  for (const one of unsigned) {
    const publicKey = signingKey(one.payload);
    if (publicKey === undefined) return problem(`${one.place} has a signature that is not valid`);
    read.push({ ...one, publicKey });
  }
  return { read };
}

const signingKeys = new WeakMap<object, string | undefined>();

/** A request is planned up to three times, and its signatures are checked once. */
function signingKey(payload: JsonObject): string | undefined {
  if (!signingKeys.has(payload)) signingKeys.set(payload, signingKeyOfPayload(payload));
  return signingKeys.get(payload);
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

/** Why something that ends then cannot be dispatched any more; undefined where it can. Times in milliseconds since the epoch. */
export function tooShort(place: string, endsAtMs: number, finalTimeMs: number): string | undefined {
  const least = finalTimeMs + leastHoldMs;
  if (endsAtMs >= least) return undefined;
  const [ends, wanted] = [endsAtMs, least].map((ms) => new Date(ms).toISOString());
  return `${place} holds until ${ends}: to be dispatched it must hold until ${wanted} at least`;
}

/** A payload's key in the facts: the verifier takes each nonce once for an account. */
export const nonceKey = ({ signerId, nonce }: Pick<CounterpartyPayload, "signerId" | "nonce">) =>
  `${signerId} ${encodeHex(nonce)}`;

/**
 * Why the verifier would refuse payloads beside the wallet's own diff, by what the chain says now; undefined where it would not.
 * @param own the wallet's diff: what it gives, and what it gets
 */
export function counterpartyProblem(
  read: readonly SignedByCounterparty[],
  own: { readonly given: Delta; readonly got: Delta },
  place: string,
  { feePips, finalTimeMs, payloads }: VerifierFacts,
): string | undefined {
  for (const one of read) {
    const short = tooShort(one.place, one.deadlineMs, finalTimeMs);
    if (short !== undefined) return short;
  }
  const off = unbalanced([own.given, own.got, ...read.flatMap(({ diffs }) => diffs)], feePips);
  const first = off.find(({ token }) => token === own.got[0]) ?? off[0];
  if (first !== undefined) return balanceProblem(first, own, place, feePips);
  for (const one of read) {
    const facts = payloads.get(nonceKey(one));
    const found = facts === undefined ? undefined : stateProblem(one, facts);
    if (found !== undefined) return found;
  }
  return undefined;
}

function balanceProblem(
  { token, delivered, taken }: TokenBalance,
  { got }: { readonly got: Delta },
  place: string,
  feePips: bigint,
): string {
  const fee = `after the verifier's fee of ${feePips} millionths`;
  if (token === got[0] && delivered < taken) {
    return `${place}.min_amount_out is ${got[1]}, and counterparty_signed gives ${delivered - (taken - got[1])} of ${token} ${fee}`;
  }
  return `${place} does not balance: ${delivered} of ${token} is delivered ${fee}, and ${taken} is taken`;
}

function stateProblem({ place, signerId, publicKey }: SignedByCounterparty, facts: PayloadFacts): string | undefined {
  if (facts.accountLocked) return `${place} is signed for ${signerId}, which the verifier has locked`;
  if (!facts.keyRegistered)
    return `${place} is signed by ${publicKey}, which is not a key of ${signerId} in the verifier`;
  if (!facts.saltValid) return `${place} has a nonce with a salt that the verifier no longer takes`;
  if (facts.nonceUsed) return `${place} has a nonce that ${signerId} has used up`;
  return undefined;
}
