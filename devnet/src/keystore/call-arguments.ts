import { AccountIdError, parseAccountId } from "../crypto/account-id.ts";
import { Base64Error, decodeBase64 } from "../crypto/base64.ts";
import type { BodyFields } from "./body.ts";
import { badRequest } from "./refusal.ts";

/** A call's arguments as they came: base64, JSON text, or neither. */
export interface GivenArguments {
  readonly base64: string | undefined;
  readonly json: string | undefined;
}

const maxU128 = 2n ** 128n - 1n;

/** @throws BodyRefusal where both forms are given */
export function givenArguments(body: BodyFields): GivenArguments {
  const [base64, json] = [body.optionalText("args_base64"), body.optionalText("args_json")];
  if (base64 !== undefined && json !== undefined) body.refuse("args_base64 and args_json are mutually exclusive");
  return { base64, json };
}

/** The bytes of a call's arguments; `{}` where none are given. @throws KeystoreRefusal */
export function argumentBytes({ base64, json }: GivenArguments): Uint8Array {
  if (base64 === undefined) return new Uint8Array(Buffer.from(json ?? "{}"));
  try {
    return decodeBase64(base64);
  } catch (error) {
    if (error instanceof Base64Error) return badRequest(`Invalid args_base64: ${error.message}`);
    throw error;
  }
}

/** @throws KeystoreRefusal `Invalid {field}: …` */
export function checkedAccountId(field: string, text: string): string {
  try {
    return parseAccountId(text);
  } catch (error) {
    if (error instanceof AccountIdError) return badRequest(`Invalid ${field}: ${error.message}`);
    throw error;
  }
}

/** Yocto from a decimal string. @throws KeystoreRefusal in the words of Rust's `u128` */
export function parseDeposit(text: string): bigint {
  if (text === "") return badRequest("Invalid deposit: cannot parse integer from empty string");
  if (!/^\+?\d+$/.test(text)) return badRequest("Invalid deposit: invalid digit found in string");
  const amount = BigInt(text.replace("+", ""));
  return amount > maxU128 ? badRequest("Invalid deposit: number too large to fit in target type") : amount;
}
