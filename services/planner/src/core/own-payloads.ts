import type { JsonObject } from "@bufbuild/protobuf";
import { encodeBase64, encodeHex, sha256 } from "@outlayer/near";
import type { Step } from "@outlayer/workflow";
import { readCarried, stateProblem, timeText, tooShort } from "./carried-payloads.ts";
import { unbalancedText } from "./counterparties.ts";
import type { Facts, Limits, VerifierFacts } from "./facts.ts";
import { type BuiltPayload, type OwnPayloadInit, problem } from "./payload.ts";
import { signedDeposit } from "./signed-deposit.ts";
import type { SignedPayload, VerifiedPayload } from "./signed-payload.ts";
import { unbalanced } from "./swap-balance.ts";
import { mustNotBeOwn } from "./transfer.ts";
import { checkIntent } from "./verifier-intents.ts";

type OwnStep = Extract<Step, { form: "intents.execute_signed" }>;

/** Most payloads of a request. The dearest signature, on secp256k1, takes about 1.7 ms to check. */
const mostInRequest = 16;

/** Most intents of a step: each is read, and followed to its end. */
const mostIntents = 32;

/** Most bytes of a step's payloads: they stand in the delegate, in the submission and in the log. */
const mostBytes = 32_768;

/** Longest time until a payload's deadline, milliseconds: the workflow stays open as long as somebody could carry it. */
export const mostHoldMs = 86_400_000;

/** Why nothing of a session's own is carried. */
export const noServiceWallet = "the operator has set no service wallet (SERVICE_WALLET_ID)";

/** Why a request has too many payloads to check; undefined where it has not. */
export function tooManyOwnPayloads(steps: readonly Step[], place: string): string | undefined {
  const count = steps.reduce((sum, step) => {
    return step.form === "intents.execute_signed" ? sum + step.fields.payloads.length : sum;
  }, 0);
  if (count <= mostInRequest) return undefined;
  return `a workflow carries at most ${mostInRequest} signed payloads, and ${place} hold ${count}`;
}

/**
 * Payloads that a session's account has signed itself, executed together as they are (rule: own-payloads-are-the-sessions-own).
 * @param session the account that signed in; undefined for a wallet of the operator's
 */
export function ownPayloads(
  { fields }: OwnStep,
  place: string,
  facts: Facts,
  limits: Limits,
  session: string | undefined,
): BuiltPayload {
  if (session === undefined) {
    return problem(
      `${place} is for sessions, which sign for themselves: a wallet of the keystore's has its intents signed`,
    );
  }
  if (!limits.carriesOwnPayloads) return problem(`${place} cannot be carried here: ${noServiceWallet}`);
  const { payloads } = fields;
  const { verifier } = facts;
  if (payloads.length === 0) return problem(`${place}.payloads must not be empty`);
  const texts = payloads.map((payload) => JSON.stringify(payload));
  const bytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
  if (bytes > mostBytes) return problem(`${place}.payloads must have at most ${mostBytes} bytes, and have ${bytes}`);
  const carried = readCarried(payloads, `${place}.payloads`, limits, (payload) => ownProblem(payload, session));
  if (carried.problem !== undefined) return carried;
  const { read } = carried;
  const intents = read.reduce((sum, one) => sum + one.intents.length, 0);
  if (intents > mostIntents) return problem(`${place} must have at most ${mostIntents} intents, and has ${intents}`);
  const removal = fields.remove_signing_key === true ? undefined : removalOfSigningKey(read);
  if (removal !== undefined) {
    return problem(
      `${removal}.public_key is the key that signs this payload: without it the account may have no key left; set remove_signing_key to remove it all the same`,
    );
  }
  const { problem: misquoted, ...quoted } = signedDeposit(fields, read, place, facts, limits, session);
  if (misquoted !== undefined) return problem(misquoted);
  const found = verifier === undefined ? undefined : problemNow(read, place, verifier);
  if (found !== undefined) return problem(found);
  const own = read.map((one, index) => ownPayload(one, texts[index] ?? ""));
  return { value: { case: "own", value: { payloads: own } }, accountUnchecked: false, carried: read, ...quoted };
}

function ownProblem({ place, signerId, intents }: SignedPayload, session: string): string | undefined {
  if (signerId !== session) return `${place} is signed for ${signerId}: a session carries payloads of ${session} alone`;
  for (const [index, intent] of intents.entries()) {
    const at = `${place}.intents[${index}]`;
    const checked = checkIntent(intent, at);
    if (checked.problem !== undefined) return checked.problem;
    if (checked.transferTo === session) return `${at}.receiver_id ${mustNotBeOwn}`;
  }
  return undefined;
}

/**
 * The place of an intent, of those that the verifier takes, that removes the key by which its own payload is signed. No other
 * removal can be that of the last key: the key that signs it is still there.
 */
function removalOfSigningKey(read: readonly VerifiedPayload[]): string | undefined {
  for (const { place, publicKey, intents } of read) {
    const index = intents.findIndex((one) => {
      const { intent, public_key } = one as JsonObject;
      return intent === "remove_public_key" && public_key === publicKey;
    });
    if (index >= 0) return `${place}.intents[${index}]`;
  }
  return undefined;
}

function problemNow(read: readonly VerifiedPayload[], place: string, facts: VerifierFacts): string | undefined {
  const most = facts.finalTimeMs + mostHoldMs;
  for (const one of read) {
    const short = tooShort(one.place, one.deadlineMs, facts.finalTimeMs);
    if (short !== undefined) return short;
    if (one.deadlineMs > most) {
      return `${one.place} holds until ${timeText(one.deadlineMs)}: it must hold until ${timeText(most)} at most, for until then it may be executed`;
    }
  }
  const [off] = unbalanced(
    read.flatMap(({ diffs }) => diffs),
    facts.feePips,
  );
  return off === undefined ? stateProblem(read, facts) : unbalancedText(off, place, facts.feePips);
}

function ownPayload(one: VerifiedPayload, payloadJson: string): OwnPayloadInit {
  const { payload, signerId, publicKey, intentHash, nonce, deadlineMs } = one;
  return {
    payloadJson,
    payloadSha256: payloadHash(payload),
    standard: String(payload.standard),
    signerId,
    publicKey,
    intentHash,
    nonce: encodeBase64(nonce),
    deadlineMs: BigInt(deadlineMs),
  };
}

/** Lower-case hex SHA-256 of the payload's JSON text, by which records name it (rule: unsubmitted-signature-stays-secret). */
export function payloadHash(payload: object): string {
  return encodeHex(sha256(JSON.stringify(payload)));
}
