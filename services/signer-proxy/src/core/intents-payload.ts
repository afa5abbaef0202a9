import type { Intents } from "@outlayer/contracts/outlayer/workflow/v1/call";
import {
  EncodingError,
  encodeBase58,
  encodeBase64,
  formatSignature,
  nep413Hash,
  parsePublicKey,
  parseSignature,
  readVerifierNonce,
  verifySignature,
} from "@outlayer/near";
import type { Nep413Answer, Nep413Request, WalletAccount } from "./keystore.ts";
import { BadAnswer, InvalidRequest } from "./problems.ts";

export interface IntentsTerms {
  /** 32 bytes, versioned. */
  readonly nonce: Uint8Array;
  /** Milliseconds since the epoch, a whole second. */
  readonly deadlineMs: bigint;
}

export interface SignedPayload {
  /** JSON text, as it stands in `execute_intents`. */
  readonly payloadJson: string;
  /** Base58 of the hash that the signature is over. */
  readonly intentHash: string;
}

/** The end of the year 9999: RFC 3339 has four digits for the year. */
const lastDeadlineMs = 253_402_300_799_000n;

/** @throws InvalidRequest when the verifier would refuse these terms, or the caller set tighter ones */
export function checkIntentsTerms(
  { nonce, deadlineMs }: IntentsTerms,
  { notAfterMs }: Pick<Intents, "notAfterMs">,
): void {
  if (deadlineMs <= 0n || deadlineMs > lastDeadlineMs || deadlineMs % 1000n !== 0n) {
    throw new InvalidRequest("intents_deadline_ms must be a whole second after the epoch");
  }
  if (notAfterMs !== undefined && deadlineMs > notAfterMs) {
    throw new InvalidRequest("intents_deadline_ms must not be later than call.intents.not_after_ms");
  }
  const nonceDeadline = readVerifierNonce(nonce)?.deadlineNs;
  if (nonceDeadline === undefined) throw new InvalidRequest("intents_nonce must be a versioned verifier nonce");
  if (nonceDeadline < deadlineMs * 1_000_000n) {
    throw new InvalidRequest("intents_nonce must not expire before intents_deadline_ms");
  }
}

/**
 * The signed text, `{"signer_id","deadline","intents"}`, built once. The text of the intents is embedded byte for byte; it was
 * checked to be one JSON array before a grant was given for it.
 */
export function nep413Request(
  walletId: string,
  account: WalletAccount,
  terms: IntentsTerms,
  { intentsJson, signerId }: Pick<Intents, "intentsJson" | "signerId">,
  verifierId: string,
): Nep413Request {
  if (signerId !== undefined && signerId !== account.accountId) {
    throw new InvalidRequest("call.intents.signer_id is not the wallet's account");
  }
  const deadline = new Date(Number(terms.deadlineMs)).toISOString().replace(".000Z", "Z");
  const head = `"signer_id":${JSON.stringify(account.accountId)},"deadline":${JSON.stringify(deadline)}`;
  return { walletId, message: `{${head},"intents":${intentsJson}}`, nonce: terms.nonce, recipient: verifierId };
}

/**
 * The NEP-413 payload with the keystore's signature.
 * @throws BadAnswer unless the signature is the wallet's, over exactly the requested text
 */
export function signedPayload(asked: Nep413Request, answer: Nep413Answer, account: WalletAccount): SignedPayload {
  if (answer.publicKey !== account.publicKey) throw new BadAnswer("payload: the key is not the wallet's");
  const hash = nep413Hash(asked);
  const signature = readSignature(answer.signature);
  if (!verifySignature(parsePublicKey(account.publicKey), hash, signature)) {
    throw new BadAnswer("payload: the signature does not verify");
  }
  const { message, nonce, recipient } = asked;
  const payload = {
    standard: "nep413",
    payload: { message, nonce: encodeBase64(nonce), recipient },
    public_key: account.publicKey,
    signature: formatSignature(signature),
  };
  return { payloadJson: JSON.stringify(payload), intentHash: encodeBase58(hash) };
}

/**
 * Arguments of `execute_intents`. Our payload goes first, since the counterparties' payloads usually spend its transfers;
 * theirs follow in the order given. Texts stay unchanged: each is the signed text.
 */
export function executeIntentsArgs(ours: string, counterparties: readonly string[]): Uint8Array {
  return new TextEncoder().encode(`{"signed":[${[ours, ...counterparties].join(",")}]}`);
}

function readSignature(text: string): Uint8Array {
  try {
    return parseSignature(text);
  } catch (error) {
    if (error instanceof EncodingError) throw new BadAnswer("payload: the signature cannot be read");
    throw error;
  }
}
