import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { InvalidRequest } from "./invalid-request.ts";
import { formatPlace, type Place } from "./place.ts";

/** Keys of signing material, which no request may carry. */
export const forbiddenFields = [
  "private_key",
  "signer_key",
  "signer_private_key",
  "signed_tx_base64",
  "signed_delegate_base64",
  "delegate_action",
  "sign_nep366_delegate",
  "sign_near_transaction",
] as const;

const forbidden: ReadonlySet<string> = new Set(forbiddenFields);

/**
 * Refuses a request that carries signing material at any depth. Texts are not parsed for it.
 * @param document as `readJsonObject` answers it, which bounds its depth
 * @throws InvalidRequest that names the key and the path of the object that holds it
 */
export function refuseSigningFields(document: JsonObject): void {
  search(document, []);
}

function search(value: JsonValue, place: Place): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) search(item, [...place, index]);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (forbidden.has(key)) {
      const said = `wallet workflow must not include raw signing field ${key} at ${formatPlace(place)}`;
      throw new InvalidRequest(said, "SIGNING_FIELD", [...place, key]);
    }
    search(item, [...place, key]);
  }
}
