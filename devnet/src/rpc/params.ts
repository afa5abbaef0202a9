import { AccountIdError, parseAccountId } from "../crypto/account-id.ts";
import { formatKey, KeyParseError, parsePublicKey } from "../crypto/keys.ts";
import { parseError } from "./rpc-error.ts";

/** A request's `params`, read as nearcore reads them. */
export type Params = Readonly<Record<string, unknown>>;

/** Refuses params, with nearcore's words before the message. */
export function badParams(message: string): never {
  throw parseError(`Failed parsing args: ${message}`);
}

/** Params by name, or by position under these names. */
export function namedParams(params: unknown, ...positions: readonly string[]): Params {
  if (Array.isArray(params)) {
    return Object.fromEntries(params.map((value, index) => [positions[index] ?? `${index}`, value ?? undefined]));
  }
  if (typeof params === "object" && params !== null) return params as Params;
  if (params === undefined || params === null) return {};
  return badParams("invalid type, expected a map or a sequence");
}

export function textParam(params: Params, name: string): string {
  const value = params[name];
  if (typeof value === "string") return value;
  return badParams(
    value === undefined ? `missing field \`${name}\`` : `invalid type for \`${name}\`, expected a string`,
  );
}

export function accountParam(params: Params, name: string): string {
  const text = textParam(params, name);
  try {
    return parseAccountId(text);
  } catch (error) {
    if (error instanceof AccountIdError) return badParams(error.message);
    throw error;
  }
}

export function publicKeyParam(params: Params, name: string): string {
  const text = textParam(params, name);
  try {
    return formatKey(parsePublicKey(text));
  } catch (error) {
    if (error instanceof KeyParseError) return badParams(`invalid public key: ${error.message}`);
    throw error;
  }
}
