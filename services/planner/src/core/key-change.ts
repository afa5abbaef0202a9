import { accountKind, decodeHex, EncodingError, formatPublicKey, parseVerifierKey } from "@outlayer/near";
import type { Step } from "@outlayer/workflow";
import type { Facts } from "./facts.ts";
import { type BuiltPayload, intentsPayload, notAfter, problem } from "./payload.ts";

type KeyStep = Extract<Step, { form: "intents.add_public_key" | "intents.remove_public_key" }>;

/**
 * An intent that registers or removes a key of the wallet's account. Removing the key that signs the step leaves the wallet without
 * a key that the keystore holds, so it has to be asked for by name; no other removal can be that of the last key.
 */
export function keyChangePayload({ form, fields }: KeyStep, place: string, { accountId }: Facts): BuiltPayload {
  const { public_key: publicKey, remove_signing_key: mayRemoveOwn = false } = fields;
  const found = keyProblem(publicKey);
  if (found !== undefined) return problem(`${place}.public_key is ${found}`);
  const latest = notAfter(fields.deadline, place);
  if (latest.problem !== undefined) return latest;
  if (form === "intents.add_public_key") {
    if (fields.remove_signing_key !== undefined)
      return problem(`${place}.remove_signing_key is not supported on ${form} steps`);
    return intentsPayload(one({ intent: "add_public_key", public_key: publicKey }), false, latest.ms);
  }
  if (!mayRemoveOwn && publicKey === signingKeyOf(accountId)) {
    return problem(`${place}.public_key ${mustNotSign}; set remove_signing_key to remove it all the same`);
  }
  const isUnchecked = !mayRemoveOwn && accountId === undefined;
  return intentsPayload(one({ intent: "remove_public_key", public_key: publicKey }), isUnchecked, latest.ms);
}

export const mustNotSign = "is the key that signs this step: without it the wallet can sign nothing more";

/** The key of a wallet's account, by which the keystore signs; undefined where the account's id does not tell. */
export function signingKeyOf(accountId: string | undefined): string | undefined {
  if (accountId === undefined || accountKind(accountId) !== "implicit_near") return undefined;
  return formatPublicKey(decodeHex(accountId));
}

function keyProblem(publicKey: string): string | undefined {
  try {
    parseVerifierKey(publicKey);
    return undefined;
  } catch (error) {
    if (error instanceof EncodingError) return error.message;
    throw error;
  }
}

const one = (intent: object) => ({ intentsJson: JSON.stringify([intent]) });
