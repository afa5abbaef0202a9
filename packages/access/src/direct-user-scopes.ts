import { type ConfigReader, json, Malformed, type Parse } from "@outlayer/kit";
import { counterScope, type DirectUserScope, scopedMethods } from "@outlayer/workflow";
import { accountId } from "./account-settings.ts";

/** `DIRECT_USER_SCOPES_JSON`: the scopes that users' keys may have; the counter's scope where it is not set. */
export function readDirectUserScopes(reader: ConfigReader): readonly DirectUserScope[] {
  return reader.optional("DIRECT_USER_SCOPES_JSON", directUserScopes, [counterScope]);
}

/** An array of `{user_id, registry_id, receiver_id, method_names}`; an empty one allows none. */
const directUserScopes: Parse<readonly DirectUserScope[]> = (value) => {
  const given = json(value);
  if (!Array.isArray(given)) throw new Malformed("must be an array of scopes");
  return given.map(scopeOf);
};

function scopeOf(given: unknown): DirectUserScope {
  if (typeof given !== "object" || given === null) throw new Malformed("must be an array of objects");
  const { user_id, registry_id, receiver_id, method_names } = given as Readonly<Record<string, unknown>>;
  return {
    userId: account(user_id),
    registryId: account(registry_id),
    receiverId: account(receiver_id),
    methodNames: methods(method_names),
  };
}

function account(given: unknown): string {
  try {
    return accountId(String(given));
  } catch {
    throw new Malformed("must have a NEAR account id as user_id, registry_id and receiver_id of each scope");
  }
}

/** No line feeds: the key is derived from the names as lines, so a name with a line feed would equal two names. */
function methods(given: unknown): readonly string[] {
  const isName = (name: unknown) => typeof name === "string" && /^[!-~]{1,256}$/.test(name);
  if (!Array.isArray(given) || given.length === 0 || !given.every(isName)) {
    throw new Malformed("must have 1 or more method names of printable ASCII without whitespace in each scope");
  }
  return scopedMethods(given);
}
