import { createPrivateKey, createPublicKey, sign as signWith } from "node:crypto";
import {
  encodeBase58,
  formatSignature,
  implicitAccountOf,
  type KeyPair,
  keyPairFromSeed,
  nep413Hash,
  parseVerifierKey,
  sha256,
} from "@outlayer/near";
import { keccak256 } from "../../devnet/src/crypto/hash.ts";
import { secp256k1PublicKey, signSecp256k1 } from "../../devnet/src/crypto/secp256k1.ts";

/** A wallet of one standard, with the key that it signs with. */
export interface TextSigner {
  /** The standard, and the curve where the standard takes several. */
  readonly name: string;
  readonly publicKey: string;
  /** The implicit account of the key. */
  readonly accountId: string;
  /** A payload over a text, as the verifier takes it. */
  sign(text: string): SignedText;
}

export type SignedText = { readonly [field: string]: unknown };

/** A challenge as the API gives it. */
export interface GivenChallenge {
  readonly account_id: string;
  readonly message: string;
  readonly nonce: string;
  readonly recipient: string;
  readonly text: string;
  readonly expires_at: string;
}

/** A challenge that a NEAR wallet has signed. */
export function signedNep413(
  key: KeyPair,
  { message, nonce, recipient }: Pick<GivenChallenge, "message" | "nonce" | "recipient">,
  callbackUrl?: string,
) {
  const callback = callbackUrl === undefined ? {} : { callbackUrl };
  const hash = nep413Hash({ message, nonce: Buffer.from(nonce, "base64"), recipient, ...callback });
  return {
    standard: "nep413",
    payload: { message, nonce, recipient, ...callback },
    public_key: key.publicKey,
    signature: formatSignature(key.sign(hash)),
  };
}

/**
 * Wallets of every standard of the verifier's that signs a text, on each curve that the standard takes.
 * @param seed a byte from which their keys are made
 */
export function textSigners(seed: number): readonly TextSigner[] {
  const secret = new Uint8Array(32).fill(seed);
  const key = keyPairFromSeed(secret);
  const ofEthereum = (standard: string, prefix: string): TextSigner => ({
    name: standard,
    ...identity(`secp256k1:${encodeBase58(secp256k1PublicKey(secret))}`),
    sign(payload) {
      const text = Buffer.from(payload);
      const hash = keccak256(Buffer.from(`\x19${prefix} Signed Message:\n${text.length}`), text);
      return { standard, payload, signature: `secp256k1:${encodeBase58(signSecp256k1(secret, hash))}` };
    },
  });
  return [
    rawSigner(key),
    onEd25519("sep53", key, (text) => sha256("Stellar Signed Message:\n", text)),
    ofEthereum("erc191", "Ethereum"),
    ofEthereum("tip191", "TRON"),
    tonWallet(key),
    passkey(seed),
    passkeyOnEd25519(key),
  ];
}

/** The plainest standard: the text itself is signed. */
export function rawSigner(key: KeyPair): TextSigner {
  return onEd25519("raw_ed25519", key, (text) => Buffer.from(text));
}

/** @param signed the bytes that are signed for a text */
function onEd25519(standard: string, key: KeyPair, signed: (text: string) => Uint8Array): TextSigner {
  return {
    name: standard,
    ...identity(key.publicKey),
    sign: (payload) => ({
      standard,
      payload,
      public_key: key.publicKey,
      signature: formatSignature(key.sign(signed(payload))),
    }),
  };
}

function identity(publicKey: string) {
  return { publicKey, accountId: implicitAccountOf(parseVerifierKey(publicKey)) };
}

function tonWallet(key: KeyPair): TextSigner {
  return {
    name: "ton_connect",
    ...identity(key.publicKey),
    sign(text) {
      const [domain, timestamp] = ["wallet.example", 1_750_000_000];
      const head = Buffer.alloc(36);
      head.fill(0xab, 4);
      const seconds = Buffer.alloc(8);
      seconds.writeBigUInt64BE(BigInt(timestamp));
      const sized = (content: string) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(Buffer.byteLength(content));
        return Buffer.concat([length, Buffer.from(content)]);
      };
      const prefix = Buffer.concat([Buffer.of(0xff, 0xff), Buffer.from("ton-connect/sign-data/")]);
      const hash = sha256(prefix, head, sized(domain), seconds, "txt", sized(text));
      return {
        standard: "ton_connect",
        address: `0:${"ab".repeat(32)}`,
        domain,
        timestamp,
        payload: { type: "text", text },
        public_key: key.publicKey,
        signature: formatSignature(key.sign(hash)),
      };
    },
  };
}

/** SEC 1's fixed prefix around a secret on P-256. */
const sec1 = ["30310201010420", "a00a06082a8648ce3d030107"];

/** A passkey on P-256. @param seed a byte from which its key is made */
export function passkey(seed: number): TextSigner {
  const der = Buffer.from(sec1.join(Buffer.alloc(32, seed).toString("hex")), "hex");
  const privateKey = createPrivateKey({ key: der, format: "der", type: "sec1" });
  const { x = "", y = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = `p256:${encodeBase58(Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]))}`;
  return {
    name: "webauthn on P-256",
    ...identity(publicKey),
    sign(text) {
      const { fields, signed } = assertionOf(text);
      const signature = signWith("sha256", signed, { key: privateKey, dsaEncoding: "ieee-p1363" });
      return { ...fields, public_key: publicKey, signature: `p256:${encodeBase58(signature)}` };
    },
  };
}

function passkeyOnEd25519(key: KeyPair): TextSigner {
  return {
    name: "webauthn on Ed25519",
    ...identity(key.publicKey),
    sign(text) {
      const { fields, signed } = assertionOf(text);
      return { ...fields, public_key: key.publicKey, signature: formatSignature(key.sign(signed)) };
    },
  };
}

/** What an authenticator signs for a text: with the user present, and nothing else claimed. */
function assertionOf(payload: string) {
  const challenge = Buffer.from(sha256(payload)).toString("base64url");
  const client_data_json = JSON.stringify({ type: "webauthn.get", challenge, origin: "https://app.example" });
  const data = Buffer.alloc(37).fill(1, 32, 33);
  return {
    fields: { standard: "webauthn", payload, client_data_json, authenticator_data: data.toString("base64url") },
    signed: Buffer.concat([data, sha256(client_data_json)]),
  };
}
