import { generateKeyPairSync, sign } from "node:crypto";
import { issueSession, sessionKey } from "@outlayer/access";
import type { Environment } from "@outlayer/kit";
import {
  encodeBase58,
  formatSignature,
  implicitAccountId,
  implicitAccountOf,
  type KeyPair,
  keyPairFromSeed,
  nep413Hash,
  parsePublicKey,
  sha256,
  verifierNonce,
} from "@outlayer/near";
import { keccak256 } from "../../devnet/src/crypto/hash.ts";
import { secp256k1PublicKey, signSecp256k1 } from "../../devnet/src/crypto/secp256k1.ts";
import { signDataHash } from "../../packages/near/src/payload/ton-connect.ts";
import { RestClient } from "./rest-client.ts";
import type { System } from "./system.ts";

/** The keystore's wallet that signs delegates for sessions in tests. */
export const serviceWalletId = "service-wallet";

const seed = new Uint8Array(32).fill(77);
const audience = "localhost";

/** Variables with which sessions carry payloads that they have signed themselves. */
export const sessionEnvironment: Environment = {
  SESSION_SECRET_KEYS: Buffer.from(seed).toString("hex"),
  SESSION_AUDIENCE: audience,
  SERVICE_WALLET_ID: serviceWalletId,
};

let sessions = 0;

/** A session's token. @param nowMs of the product's clock */
export async function tokenFor(accountId: string, nowMs = Date.now()): Promise<string> {
  sessions += 1;
  const id = `0198c0de-0000-7000-8000-${String(sessions).padStart(12, "0")}`;
  return (await issueSession({ keys: [sessionKey(seed)], audience }, { id, accountId }, nowMs)).token;
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

/** A wallet on Ed25519. @param payloadOf what is sent beside key and signature, and the bytes that are signed */
function onEd25519(
  name: string,
  key: KeyPair,
  payloadOf: (message: Message) => { readonly fields: object; readonly signed: Uint8Array },
): OwnWallet {
  const { publicKey } = key;
  return {
    name,
    accountId: implicitAccountId(parsePublicKey(publicKey)),
    publicKey,
    sign(message) {
      const { fields, signed } = payloadOf(message);
      return { ...fields, public_key: publicKey, signature: formatSignature(key.sign(signed)) };
    },
  };
}

/** A wallet whose key is recovered from its signature. */
function onSecp256k1(standard: string, secret: Uint8Array, prefix: string): OwnWallet {
  const bytes = secp256k1PublicKey(secret);
  return {
    name: standard,
    accountId: implicitAccountOf({ curve: "secp256k1", bytes }),
    publicKey: `secp256k1:${encodeBase58(bytes)}`,
    sign(message) {
      const payload = wholeText(message);
      const text = Buffer.from(payload);
      const hash = keccak256(Buffer.from(`${prefix}${text.length}`), text);
      return { standard, payload, signature: `secp256k1:${encodeBase58(signSecp256k1(secret, hash))}` };
    },
  };
}

/** What an authenticator signs for a text: with the user present, and nothing else claimed. */
function assertionOf(payload: string) {
  const challenge = Buffer.from(sha256(payload)).toString("base64url");
  const client_data_json = JSON.stringify({ type: "webauthn.get", challenge, origin: "https://app.example" });
  const data = Buffer.alloc(37).fill(1, 32, 33);
  const fields = { client_data_json, authenticator_data: data.toString("base64url") };
  return { fields, signed: Buffer.concat([data, sha256(client_data_json)]) };
}

function passkeyOnP256(): OwnWallet {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const bytes = Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  const key = `p256:${encodeBase58(bytes)}`;
  return {
    name: "webauthn on P-256",
    accountId: implicitAccountOf({ curve: "p256", bytes }),
    publicKey: key,
    sign(message) {
      const payload = wholeText(message);
      const { fields, signed } = assertionOf(payload);
      const signature = sign("sha256", signed, { key: privateKey, dsaEncoding: "ieee-p1363" });
      return {
        standard: "webauthn",
        payload,
        public_key: key,
        signature: `p256:${encodeBase58(signature)}`,
        ...fields,
      };
    },
  };
}

const keyOf = (byte: number) => keyPairFromSeed(new Uint8Array(32).fill(byte));

/** NEP-413, as wallets of NEAR sign it. */
export function nearWallet(key: KeyPair): OwnWallet {
  return onEd25519("nep413", key, (message) => {
    const { signerId, recipient, nonce, intents } = message;
    const text = JSON.stringify({ signer_id: signerId, deadline: timeOf(message), intents });
    const fields = { standard: "nep413", payload: { message: text, nonce: base64(nonce), recipient } };
    return { fields, signed: nep413Hash({ message: text, nonce, recipient }) };
  });
}

/** The plainest standard: the text itself is signed. */
export function rawWallet(key: KeyPair): OwnWallet {
  return onEd25519("raw_ed25519", key, (message) => {
    const payload = wholeText(message);
    return { fields: { standard: "raw_ed25519", payload }, signed: Buffer.from(payload) };
  });
}

/** A wallet of each standard that the verifier takes, on each curve that the standard takes. */
export function ownWallets(): readonly OwnWallet[] {
  const withText = (standard: string, signed: (text: string) => Uint8Array) => (message: Message) => {
    const payload = wholeText(message);
    return { fields: { standard, payload }, signed: signed(payload) };
  };
  return [
    nearWallet(keyOf(0x61)),
    onSecp256k1("erc191", new Uint8Array(32).fill(0x62), "\x19Ethereum Signed Message:\n"),
    onSecp256k1("tip191", new Uint8Array(32).fill(0x63), "\x19TRON Signed Message:\n"),
    rawWallet(keyOf(0x64)),
    onEd25519(
      "sep53",
      keyOf(0x65),
      withText("sep53", (text) => sha256("Stellar Signed Message:\n", text)),
    ),
    onEd25519("ton_connect", keyOf(0x66), (message) => {
      const text = wholeText(message);
      const address = `0:${"ab".repeat(32)}`;
      const about = { address, domain: "app.example", timestamp: 1_750_000_000 };
      return {
        fields: { standard: "ton_connect", ...about, payload: { type: "text", text } },
        signed: signDataHash({ ...about, text }),
      };
    }),
    passkeyOnP256(),
    onEd25519("webauthn on Ed25519", keyOf(0x67), (message) => {
      const payload = wholeText(message);
      const { fields, signed } = assertionOf(payload);
      return { fields: { standard: "webauthn", payload, ...fields }, signed };
    }),
  ];
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
