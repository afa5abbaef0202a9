import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { InvalidRequest } from "./invalid-request.ts";
import { formatPlace } from "./place.ts";

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
 * Refuses a request that carries signing material at any depth. The content of strings is not searched.
 * @param document as `readJsonObject` answers it, which bounds its depth
 * @throws InvalidRequest that names the key and the path of the object that holds it
 */
export function refuseSigningFields(document: JsonObject): void {
  search(document, []);
}

/** @param place of the value; one array that is reused, since a wide document has thousands of places */
function search(value: JsonValue, place: PropertyKey[]): void {
  if (typeof value !== "object" || value === null) return;
  const visit = (key: PropertyKey, item: JsonValue) => {
    if (typeof item !== "object" || item === null) return;
    place.push(key);
    search(item, place);
    place.pop();
  };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(index, item);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (forbidden.has(key)) {
      const said = `wallet workflow must not include raw signing field ${key} at ${formatPlace(place)}`;
      throw new InvalidRequest(said, "SIGNING_FIELD", [...place, key]);
    }
    visit(key, item);
  }
}
