import type { JsonObject } from "@bufbuild/protobuf";
import {
  accountKind,
  decodeBase58,
  decodeBase64,
  EncodingError,
  formatSignature,
  implicitAccountOf,
  keyOnNear,
  parseVerifierKey,
  signedTextOf,
} from "@outlayer/near";
import { formatPlace } from "@outlayer/workflow";
import { z } from "zod";
import type { AccountFacts } from "./account.ts";
import { bytesOfBase64 } from "./base64.ts";

/** What somebody has signed to sign in. Only NEP-413 has the challenge's parts beside one another. */
export type SignedContent =
  | { readonly kind: "nep413"; readonly message: string; readonly nonce: string; readonly recipient: string }
  | { readonly kind: "text"; readonly text: string };

/** A place in the body that cannot be read, and why: `signed.payload.nonce`, `signed.payload.nonce must be a string`. */
export interface Unreadable {
  readonly place: string;
  readonly said: string;
}

const text = z.string({ error: "must be a string" });
/** What stands beside the message in NEP-413, and in the text itself in the other standards. */
const besideMessage = z.object({ nonce: text, recipient: text });

/** Reads what a payload of one of the verifier's standards signs. Its signature is not looked at. */
export function readSignedContent(signed: JsonObject): SignedContent | Unreadable {
  let signedText: string;
  try {
    signedText = signedTextOf(signed);
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    return {
      place: ["signed", ...(error.field === undefined ? [] : [error.field])].join("."),
      said: `signed.${error.message}`,
    };
  }
  if (signed.standard !== "nep413") return { kind: "text", text: signedText };
  const beside = besideMessage.safeParse(signed.payload);
  if (beside.success) return { kind: "nep413", message: signedText, ...beside.data };
  const [issue] = beside.error.issues;
  const place = formatPlace(["signed", "payload", ...(issue?.path ?? [])], "");
  return { place, said: `${place} ${issue?.message ?? ""}` };
}

/** The nonce of the challenge that was signed, 32 bytes; undefined where none was. */
export function nonceOf(content: SignedContent): Uint8Array | undefined {
  const found = content.kind === "nep413" ? content.nonce : /^Nonce: (.*)$/m.exec(content.text)?.[1];
  // 32 bytes have 44 digits.
  const bytes = found?.length === 44 ? bytesOfBase64(found) : undefined;
  return bytes?.length === 32 ? bytes : undefined;
}

/**
 * Why what was signed is not this challenge; undefined where it is, to the letter.
 * @param challenge message of NEP-413, and text of the other standards
 */
export function misfitOf(
  content: SignedContent,
  challenge: { readonly message: string; readonly text: string },
): string | undefined {
  const isSame = content.kind === "text" ? content.text === challenge.text : content.message === challenge.message;
  return isSame ? undefined : "what was signed is not the challenge: sign it as it was given";
}

/**
 * The payload with its signature as the verifier takes it: wallets give the signatures of Ed25519 keys in base64 (NEP-413), and older
 * ones in base58 alone.
 */
export function withWireSignature(signed: JsonObject): JsonObject {
  const { public_key, signature } = signed;
  if (typeof public_key !== "string" || typeof signature !== "string") return signed;
  if (!public_key.startsWith("ed25519:") || signature.includes(":")) return signed;
  const bytes = decoded(signature);
  return bytes === undefined ? signed : { ...signed, signature: formatSignature(bytes) };
}

/** 64 bytes have 88 digits in either; decoding base58 takes time quadratic in the length. */
const mostDigits = 88;

/** No text is both: base64 of 64 bytes ends in `=`. */
function decoded(signature: string): Uint8Array | undefined {
  if (signature.length > mostDigits) return undefined;
  try {
    const bytes = signature.endsWith("=") ? decodeBase64(signature) : decodeBase58(signature);
    return bytes.length === 64 ? bytes : undefined;
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}

/**
 * Why a key begins no session of an account: it has to be a full access key of the account on NEAR, or the own key of an implicit
 * account that neither NEAR nor the verifier has dropped (rule: sign-in-takes-full-access-keys).
 * @returns undefined where it may
 */
export function refusalOfKey(accountId: string, publicKey: string, facts: AccountFacts): string | undefined {
  const onNear = keyOnNear(publicKey, facts.nearKeys);
  if (onNear === "full_access") return undefined;
  if (onNear === "function_call") {
    return `${publicKey} is a function-call key of ${accountId}: sign in with a full access key`;
  }
  if (implicitAccountOf(parseVerifierKey(publicKey)) !== accountId) return strange(accountId, publicKey, facts);
  if (accountKind(accountId) === "implicit_near" && facts.exists) {
    return `${publicKey} was deleted from ${accountId} on NEAR: sign in with a full access key of the account`;
  }
  if (facts.keyRegistered === true) return undefined;
  return `${publicKey} was removed from ${accountId} in the verifier: it signs in no more`;
}

function strange(accountId: string, publicKey: string, { exists }: AccountFacts): string {
  const kind = accountKind(accountId);
  if (kind === "implicit_eth") return `${publicKey} is not the key of ${accountId}: sign in with the account's own key`;
  if (!exists && kind === "implicit_near") {
    return `${publicKey} is not the key of ${accountId}, which is not on NEAR: sign in with the account's own key`;
  }
  if (!exists) return `${accountId} is not on NEAR: nobody can sign in to it`;
  return `${publicKey} is no key of ${accountId} on NEAR: sign in with a full access key of the account`;
}

/** Whether the account's keys on NEAR can be deleted while the verifier still takes them. */
export function mayLoseKeys(accountId: string, { exists }: Pick<AccountFacts, "exists">): boolean {
  const kind = accountKind(accountId);
  return exists && (kind === "named" || kind === "implicit_near");
}
