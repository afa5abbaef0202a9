import { issueSession, sessionKey } from "@outlayer/access";
import type { Environment } from "@outlayer/kit";
import { implicitAccountId, type KeyPair, keyPairFromSeed, parsePublicKey, verifierNonce } from "@outlayer/near";
import { RestClient } from "./rest-client.ts";
import { passkey, rawSigner, signedNep413, type TextSigner, textSigners } from "./signers.ts";
import type { System } from "./system.ts";

/** The keystore's wallet that signs delegates for sessions in tests. */
export const serviceWalletId = "service-wallet";

/** Of the key under which those sessions are issued. */
export const sessionSeed = new Uint8Array(32).fill(77);
const audience = "localhost";

/** Variables with which sessions carry payloads that they have signed themselves. */
export const sessionEnvironment: Environment = {
  SESSION_SECRET_KEYS: Buffer.from(sessionSeed).toString("hex"),
  SESSION_AUDIENCE: audience,
  SERVICE_WALLET_ID: serviceWalletId,
};

/** Under which those sessions are issued. */
export const sessionTerms = { keys: [sessionKey(sessionSeed)], audience };

let sessions = 0;

/** A session's token. @param nowMs of the product's clock */
export async function tokenFor(accountId: string, nowMs = Date.now()): Promise<string> {
  sessions += 1;
  const id = `0198c0de-0000-7000-8000-${String(sessions).padStart(12, "0")}`;
  return (await issueSession(sessionTerms, { id, accountId }, nowMs)).token;
}

/** Calls REST as somebody who has signed in with the account. */
export async function sessionOf(system: System, accountId: string, nowMs?: number): Promise<RestClient> {
  return RestClient.ofSession(() => system.product.restUrl, await tokenFor(accountId, nowMs));
}

/** A message to sign, as every standard holds it. */
export interface Message {
  readonly signerId: string;
  readonly deadlineMs: number;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  readonly recipient: string;
  readonly intents: readonly object[];
}

/** Somebody with a key of their own in a wallet of some standard. */
export interface OwnWallet {
  /** The standard, and the curve where the standard takes several. */
  readonly name: string;
  /** The implicit account of the key, which the verifier knows by itself. */
  readonly accountId: string;
  readonly publicKey: string;
  /** @returns a payload for `execute_intents` */
  sign(message: Message): object;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

const timeOf = ({ deadlineMs }: Message) => new Date(deadlineMs).toISOString();

/** The text that holds everything, as it is signed outside NEP-413. */
function wholeText(message: Message): string {
  const { signerId, recipient, nonce, intents } = message;
  return JSON.stringify({
    signer_id: signerId,
    verifying_contract: recipient,
    deadline: timeOf(message),
    nonce: base64(nonce),
    intents,
  });
}

/** A wallet that signs the whole text. */
function onText({ name, accountId, publicKey, sign }: TextSigner): OwnWallet {
  return { name, accountId, publicKey, sign: (message) => sign(wholeText(message)) };
}

/** NEP-413, as wallets of NEAR sign it. */
export function nearWallet(key: KeyPair): OwnWallet {
  return {
    name: "nep413",
    accountId: implicitAccountId(parsePublicKey(key.publicKey)),
    publicKey: key.publicKey,
    sign(message) {
      const { signerId, recipient, nonce, intents } = message;
      const text = JSON.stringify({ signer_id: signerId, deadline: timeOf(message), intents });
      return signedNep413(key, { message: text, nonce: base64(nonce), recipient });
    },
  };
}

/** The plainest standard: the text itself is signed. */
export function rawWallet(key: KeyPair): OwnWallet {
  return onText(rawSigner(key));
}

/** A passkey on P-256. @param seed a byte from which its key is made */
export function passkeyWallet(seed: number): OwnWallet {
  return onText(passkey(seed));
}

/** A wallet of each standard that the verifier takes, on each curve that the standard takes. */
export function ownWallets(): readonly OwnWallet[] {
  return [nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x61))), ...textSigners(0x62).map(onText)];
}

/** How far a payload's deadline is away where a test names none, milliseconds. */
export const holdsMs = 60_000;

/** A nonce outlives its payload by so much: only so long does the verifier remember that it was used. */
const nonceOutlivesMs = 7 * 86_400_000;

/** A message for the devnet's verifier, good for a minute. */
export function messageFor(
  { devnet }: Pick<System, "devnet">,
  wallet: OwnWallet,
  intents: readonly object[],
  given: Partial<Message> & { readonly salt?: string; readonly random?: Uint8Array } = {},
): Message {
  const deadlineMs = given.deadlineMs ?? devnet.controls.clock.now() + holdsMs;
  const salt = Buffer.from(given.salt ?? devnet.controls.verifier.currentSalt, "hex");
  const random = given.random ?? crypto.getRandomValues(new Uint8Array(15));
  const nonce = verifierNonce(salt, deadlineMs + nonceOutlivesMs, random);
  return { signerId: wallet.accountId, deadlineMs, nonce, recipient: devnet.verifierId, intents, ...given };
}

/** A step that carries payloads. */
export const signedStep = (...payloads: readonly object[]) => ({ kind: "intents.execute_signed", payloads });
