import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { encodeBase64, encodeHex, sha256 } from "@outlayer/near";
import { type SigningTerms, termsText, type UserCallSigningTerms } from "@outlayer/workflow";
import { checkIntentsTerms } from "./intents-payload.ts";
import { InvalidRequest } from "./problems.ts";
import { checkFitsJson } from "./signed-delegate.ts";

/** Longest time until a payload's deadline, milliseconds: at most a day is configured, and clocks differ. */
const longestMs = 2 * 86_400_000;

/** The values that a step's signatures are bound to. */
export interface StepTerms {
  /** 32 bytes; empty for a call without intents. */
  readonly intentsNonce: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly intentsDeadlineMs: bigint;
  readonly delegateNonce: bigint;
  readonly maxBlockHeight: bigint;
}

/** @throws InvalidRequest for terms on which the call cannot be signed @param path names them in the message */
export function checkStepTerms(path: string, call: GateCall, terms: StepTerms, nowMs: number): void {
  const { intentsNonce: nonce, intentsDeadlineMs: deadlineMs } = terms;
  if (call.payload.case === "intents") {
    checkIntentsTerms({ nonce, deadlineMs }, call.payload.value);
    if (deadlineMs > BigInt(nowMs + longestMs)) throw new InvalidRequest(`${path}.intents_deadline_ms is too far away`);
  } else if (nonce.length > 0) {
    throw new InvalidRequest(`${path}.intents_nonce must be empty for a call without intents`);
  }
  checkFitsJson(`${path}.max_block_height`, terms.maxBlockHeight);
}

/** The terms as the log names them, which evidence reads there. */
export function signingTerms(terms: StepTerms | UserCallSigningTerms): SigningTerms {
  if ("publicKey" in terms) return terms;
  const { intentsNonce, intentsDeadlineMs: deadlineMs, delegateNonce, maxBlockHeight } = terms;
  return { nonce: encodeBase64(intentsNonce), deadlineMs, delegateNonce, maxBlockHeight };
}

/** Lower-case hex SHA-256 of the terms' text. */
export function termsDigest(terms: readonly (StepTerms | UserCallSigningTerms)[]): string {
  return encodeHex(sha256(termsText(terms.map(signingTerms))));
}
