import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { EncodingError, type SignedPayload, signedTextOf } from "@outlayer/near";
import { field, type Json, list, object, parse } from "./json.ts";

/** The intents of a call that the wallet's account signs, in their order. Payloads of others do not count. */
export function intentsOf({ payload }: Pick<GateCall, "payload">): readonly Json[] {
  switch (payload.case) {
    case "intents":
      return list(parse(payload.value.intentsJson));
    case "own":
      return payload.value.payloads.flatMap(({ payloadJson }) => intentsIn(payloadJson));
    default:
      return [];
  }
}

function intentsIn(payloadJson: string): readonly Json[] {
  const payload = object(parse(payloadJson));
  if (payload === undefined) return [];
  try {
    return list(field(parse(signedTextOf(payload as SignedPayload)), "intents"));
  } catch (error) {
    if (error instanceof EncodingError) return [];
    throw error;
  }
}
