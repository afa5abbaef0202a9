import type { GateCall, OwnPayload } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { EncodingError, type SignedPayload, signatureOfPayload, signedTextOf } from "@outlayer/near";
import { JsonTextError, parseJsonText } from "./json-text.ts";

/**
 * Why a call is none that the service wallet's delegate may carry for a session: it must hold payloads alone that the session's
 * account has signed, so that it moves nothing of anybody else (rule: own-payloads-are-the-sessions-own). Undefined where it may,
 * and for calls of other wallets without such payloads.
 * @param session the account that signed in; undefined for a wallet of the operator's
 */
export function ownCallProblem(
  { payload }: Pick<GateCall, "payload">,
  session: string | undefined,
): string | undefined {
  if (payload.case !== "own") {
    return session === undefined ? undefined : "a session carries nothing but payloads that its account has signed";
  }
  if (session === undefined) return "payloads that an account has signed itself are carried for its session alone";
  for (const [index, own] of payload.value.payloads.entries()) {
    const problem = payloadProblem(own, session);
    if (problem !== undefined) return `payloads[${index}] ${problem}`;
  }
  return undefined;
}

function payloadProblem({ payloadJson }: OwnPayload, session: string): string | undefined {
  try {
    // The payload is embedded in the arguments unchanged, so it must be one JSON value and not break out of its place.
    const payload = objectOf(parseJsonText(payloadJson));
    const { signer_id: signer } = objectOf(parseJsonText(signedTextOf(payload)));
    if (signer !== session) return `is not signed for ${session}`;
    return signatureOfPayload(payload) === undefined ? "has a signature that is not valid" : undefined;
  } catch (error) {
    if (error instanceof JsonTextError || error instanceof EncodingError) return error.message;
    throw error;
  }
}

function objectOf(value: unknown): SignedPayload {
  if (typeof value !== "object" || value === null) throw new JsonTextError("is not a JSON object");
  return value as SignedPayload;
}

/** Arguments of `execute_intents` with payloads as they were signed. */
export function ownArgs(payloads: readonly OwnPayload[]): Uint8Array {
  return new TextEncoder().encode(`{"signed":[${payloads.map(({ payloadJson }) => payloadJson).join(",")}]}`);
}
