import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto";
import { type ConfigReader, list, Malformed, mustDiffer, type Parse, text } from "@outlayer/kit";

/** A public key as `/.well-known/jwks.json` lists it (RFC 8037). */
export interface SessionJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "EdDSA";
}

export interface SessionKey {
  readonly jwk: SessionJwk;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Authenticates challenges. Derived from the seed: a signature under the key says nothing of it. */
  readonly challengeSecret: Uint8Array;
}

/** How sessions are issued and checked. */
export interface SessionTerms {
  /** The first signs; all are accepted, so that keys rotate with an overlap. */
  readonly keys: readonly SessionKey[];
  /** The audience of tokens, and the recipient of the messages that wallets sign. */
  readonly audience: string;
}

// RFC 8410's fixed prefix: node:crypto takes the seed in DER only.
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

export function sessionKey(seed: Uint8Array): SessionKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  const { x = "" } = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256")
    .update(JSON.stringify({ crv: "Ed25519", kty: "OKP", x }))
    .digest("base64url");
  const challengeSecret = new Uint8Array(hkdfSync("sha256", seed, "", "sign-in challenge", 32));
  const jwk = { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA" } as const;
  return { jwk, publicKey, privateKey, challengeSecret };
}

const seed: Parse<string> = (value) => {
  if (!/^[\da-f]{64}$/.test(value)) throw new Malformed("must have 64 lower-case hex characters in each entry");
  return value;
};

/** A host name or an origin, as wallets show it to the person who signs. */
const audience: Parse<string> = (value) => {
  if (!/^[!-~]{1,128}$/.test(value)) throw new Malformed("must be 1 to 128 printable ASCII characters");
  return text(value);
};

/**
 * `SESSION_SECRET_KEYS`, a list of Ed25519 seeds in hex, and `SESSION_AUDIENCE`. Gateway, planner and evidence hold the same: each
 * of them holds `INTERNAL_WALLET_AUTH_TOKEN` already, which acts for any wallet.
 * @returns undefined where no key is set: nobody can sign in
 */
export function readSessionTerms(reader: ConfigReader): SessionTerms | undefined {
  const seeds = reader.optionalSecret("SESSION_SECRET_KEYS", list(seed), undefined);
  const recipient = reader.optional("SESSION_AUDIENCE", audience, undefined);
  if (seeds === undefined) return undefined;
  for (const [index, value] of seeds.entries()) {
    mustDiffer(reader, `SESSION_SECRET_KEYS (entry ${index + 1})`, value);
  }
  if (recipient === undefined) {
    reader.problem("SESSION_AUDIENCE is required with SESSION_SECRET_KEYS");
    return undefined;
  }
  return { keys: seeds.map((value) => sessionKey(Buffer.from(value, "hex"))), audience: recipient };
}
