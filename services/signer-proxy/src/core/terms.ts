import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { encodeBase64, encodeHex, sha256 } from "@outlayer/near";
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

/** The values that the signature of a direct-user call is bound to. */
export interface DirectUserTerms {
  readonly publicKey: string;
  readonly nonce: bigint;
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

/** Terms in the grant's form: an array of texts has one spelling only. */
export function canonicalTerms(terms: StepTerms | DirectUserTerms): readonly string[] {
  if ("publicKey" in terms) return ["direct-user", terms.publicKey, terms.nonce.toString()];
  const { intentsNonce, intentsDeadlineMs, delegateNonce, maxBlockHeight } = terms;
  return [encodeBase64(intentsNonce), ...[intentsDeadlineMs, delegateNonce, maxBlockHeight].map(String)];
}

/** Lower-case hex SHA-256 of the JSON array, without whitespace, `["outlayer-terms", 1, [terms of each step]]`. */
export function termsDigest(terms: readonly (StepTerms | DirectUserTerms)[]): string {
  return encodeHex(sha256(JSON.stringify(["outlayer-terms", 1, terms.map(canonicalTerms)])));
}
