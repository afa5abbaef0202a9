import {
  decodeBase64,
  EncodingError,
  encodeBase64,
  nep413Hash,
  parsePublicKey,
  parseSignature,
  verifySignature,
} from "@outlayer/near";
import { z } from "zod";
import { checkIntentsTerms, type IntentsTerms, nep413Request } from "./intents-payload.ts";
import { JsonTextError, parseJsonText } from "./json-text.ts";
import type { Nep413Request, WalletAccount } from "./keystore.ts";
import { InvalidRequest } from "./problems.ts";

const signedJson = z.object({
  standard: z.literal("nep413"),
  payload: z.strictObject({ message: z.string(), nonce: z.string(), recipient: z.string() }),
  public_key: z.string(),
  signature: z.string(),
});
const messageJson = z.object({ signer_id: z.string(), deadline: z.string() });

/**
 * A payload that makes another impossible: the same nonce, signer and deadline, and no intents. Only a payload that the wallet
 * signed for the verifier can be cancelled, so no caller can have a nonce of its choice used up.
 * @param payloadJson as SignStep answered it
 * @throws InvalidRequest
 */
export function cancelRequest(
  walletId: string,
  account: WalletAccount,
  payloadJson: string,
  verifierId: string,
): Nep413Request {
  const terms = termsOf(payloadJson, account, verifierId);
  checkIntentsTerms(terms, {});
  return nep413Request(walletId, account, terms, { intentsJson: "[]" }, verifierId);
}

function termsOf(payloadJson: string, account: WalletAccount, verifierId: string): IntentsTerms {
  const { payload, public_key, signature } = read(signedJson, payloadJson);
  if (payload.recipient !== verifierId) throw new InvalidRequest("payload_json is not for the verifier");
  const nonce = decoded(() => decodeBase64(payload.nonce));
  if (nonce.length !== 32) throw new InvalidRequest("payload_json has no nonce of 32 bytes");
  const hash = nep413Hash({ message: payload.message, nonce, recipient: verifierId });
  const isSigned =
    public_key === account.publicKey &&
    encodeBase64(nonce) === payload.nonce &&
    verifySignature(
      parsePublicKey(account.publicKey),
      hash,
      decoded(() => parseSignature(signature)),
    );
  if (!isSigned) throw new InvalidRequest("payload_json is not signed by the wallet");
  const { signer_id, deadline } = read(messageJson, payload.message);
  if (signer_id !== account.accountId) throw new InvalidRequest("payload_json is not of the wallet's account");
  const deadlineMs = Date.parse(deadline);
  if (!Number.isSafeInteger(deadlineMs)) throw new InvalidRequest("payload_json has no deadline");
  return { nonce, deadlineMs: BigInt(deadlineMs) };
}

function read<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(parseJsonText(text));
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof JsonTextError) {
      throw new InvalidRequest("payload_json is not a signed payload");
    }
    throw error;
  }
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof EncodingError) throw new InvalidRequest("payload_json cannot be decoded");
    throw error;
  }
}
