import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { DirectUserCall } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import type { Approval, Reservation } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { decodeHex, encodeBase64, encodeHex, sha256 } from "@outlayer/near";
import { canonicalTerms, type UserCallSigningTerms } from "@outlayer/workflow";
import { type StepTerms, signingTerms } from "./terms.ts";

/** HMAC-SHA256 under the secret that all replicas share. */
export interface GrantMac {
  compute(text: string): Uint8Array;
  /** In constant time. */
  matches(text: string, mac: Uint8Array): boolean;
}

/** The reservation that evidence's ledger must hold: the entry that policy's answer saw, the amounts counted, and the terms of signing. */
export type Reserved = Pick<Reservation, "seq" | "countsDigest" | "termsDigest">;

/** Everything that a grant is bound to. */
export interface GrantScope {
  readonly walletId: string;
  readonly requestId: string;
  /** Index of the step, from 0. */
  readonly step: number;
  readonly call: GateCall | DirectUserCall;
  /** The only terms on which the call is signed. */
  readonly terms: StepTerms | UserCallSigningTerms;
  /** Policy's inputs and the amounts of all steps: the wallet's ledger must hold them before anything is signed. */
  readonly reserved: Reserved;
  /** The approval that lifted the policy's requirement. */
  readonly approval?: Approval | undefined;
}

/** `other_content`: the MAC does not match this wallet, workflow, step, call, terms, reservation and approval. */
export type GrantProblem = "malformed" | "expired" | "other_content";

export class GrantError extends Error {
  override readonly name = "GrantError";
  readonly problem: GrantProblem;

  constructor(problem: GrantProblem) {
    super(messages[problem]);
    this.problem = problem;
  }
}

const messages: Readonly<Record<GrantProblem, string>> = {
  malformed: "the grant is malformed",
  expired: "the grant has expired",
  other_content: "the grant is not for this wallet, workflow, step, call, terms, reservation and approval",
};

/**
 * `g2.<expiry, milliseconds since the epoch>.<MAC, 64 hex characters>`. The MAC is over the JSON array
 * `["outlayer-grant", 2, wallet id, request id, step, call digest, terms, [seq, counts digest, terms digest], expiry]`, with
 * `[approved request id, request hash, [approver ids]]` at its end where the workflow was approved. Opaque to its carriers.
 */
export function issueGrant(mac: GrantMac, scope: GrantScope, expiresAtMs: number): string {
  return `g2.${expiresAtMs}.${encodeHex(mac.compute(signedText(scope, expiresAtMs)))}`;
}

/** @throws GrantError */
export function verifyGrant(mac: GrantMac, grant: string, scope: GrantScope, nowMs: number): void {
  const [, expiry, macHex] = /^g2\.(0|[1-9]\d{0,14})\.([\da-f]{64})$/.exec(grant) ?? [];
  if (expiry === undefined || macHex === undefined) throw new GrantError("malformed");
  const expiresAtMs = Number(expiry);
  // Checked before the expiry, which is only a claim until the MAC matches.
  if (!mac.matches(signedText(scope, expiresAtMs), decodeHex(macHex))) throw new GrantError("other_content");
  if (nowMs >= expiresAtMs) throw new GrantError("expired");
}

function signedText({ walletId, requestId, step, call, approval, ...bound }: GrantScope, expiresAtMs: number): string {
  const { seq, countsDigest, termsDigest } = bound.reserved;
  const counted = [seq.toString(), countsDigest, termsDigest];
  const of = [walletId, requestId, step, digestOf(call), canonicalTerms(signingTerms(bound.terms)), counted];
  const parts = ["outlayer-grant", 2, ...of, expiresAtMs];
  if (approval === undefined) return JSON.stringify(parts);
  return JSON.stringify([...parts, [approval.requestId, approval.requestHash, approval.approverIds]]);
}

/** The two kinds of calls have different digests, so that a grant for one is none for the other. */
function digestOf(call: GateCall | DirectUserCall): string {
  return call.$typeName === "outlayer.workflow.v1.GateCall" ? callDigest(call) : directUserCallDigest(call);
}

/**
 * Hex SHA-256 of a call's canonical form: the JSON array, without whitespace, `["outlayer-gate-call", 1, receiver,
 * method, gas, deposit, payload]`, payload being `["args", base64]` or `["intents", intents_json,
 * [counterparty payloads], not_after_ms as a string or null, signer_id or null]` or `["own", [payloads]]`. An array of strings has
 * one spelling only.
 */
export function callDigest(call: GateCall): string {
  const { receiverId, methodName, gas, deposit } = call;
  const canonical = ["outlayer-gate-call", 1, receiverId, methodName, gas, deposit, canonicalPayload(call.payload)];
  return encodeHex(sha256(JSON.stringify(canonical)));
}

/**
 * Hex SHA-256 of the JSON array, without whitespace, `["outlayer-direct-user-call", 1, user, registry, receiver,
 * [methods], method, gas, args in base64]`.
 */
function directUserCallDigest({ scope, methodName, gas, args }: DirectUserCall): string {
  const { userId = "", registryId = "", receiverId = "", methodNames = [] } = scope ?? {};
  const of = ["outlayer-direct-user-call", 1, userId, registryId, receiverId, methodNames, methodName, gas];
  return encodeHex(sha256(JSON.stringify([...of, encodeBase64(args)])));
}

function canonicalPayload(payload: GateCall["payload"]): unknown {
  switch (payload.case) {
    case "args":
      return ["args", encodeBase64(payload.value)];
    case "intents": {
      const { intentsJson, counterpartySignedJson, notAfterMs, signerId } = payload.value;
      return ["intents", intentsJson, counterpartySignedJson, notAfterMs?.toString() ?? null, signerId ?? null];
    }
    case "own":
      return ["own", payload.value.payloads.map(({ payloadJson }) => payloadJson)];
    case undefined:
      return null;
  }
}
