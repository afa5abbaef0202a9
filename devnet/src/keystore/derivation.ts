import { createHmac } from "node:crypto";
import { ed25519PublicKey } from "../crypto/ed25519.ts";
import { sha256 } from "../crypto/hash.ts";
import { formatKey } from "../crypto/keys.ts";

export interface DerivedKey {
  /** The 32-byte private key. */
  readonly seed: Uint8Array;
  readonly publicKeyBytes: Uint8Array;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
}

/** What a user's scoped function call key may call. */
export interface KeyScope {
  readonly userId: string;
  readonly registryId: string;
  readonly receiverId: string;
  /** Trimmed, sorted, each once. */
  readonly methodNames: readonly string[];
}

/** Derives keys from one master secret: a key's Ed25519 seed is the HMAC-SHA256 of its seed string under the secret. */
export class KeyDerivation {
  readonly #masterSecret: Uint8Array;
  /** Cache, since every request needs its wallet's key. */
  readonly #known = new Map<string, DerivedKey>();

  /** @param masterSecret 32 bytes */
  constructor(masterSecret: Uint8Array) {
    this.#masterSecret = masterSecret;
  }

  wallet(walletId: string): DerivedKey {
    return this.#derive(`wallet:${walletId}:near`);
  }

  scoped(walletId: string, scope: KeyScope): DerivedKey {
    const { userId, registryId, receiverId, methodNames } = scope;
    const hash = methodNamesHash(methodNames);
    return this.#derive(`wallet:${walletId}:near:direct-user-fc:${userId}:${registryId}:${receiverId}:${hash}:v1`);
  }

  #derive(seedText: string): DerivedKey {
    const known = this.#known.get(seedText) ?? this.#made(seedText);
    this.#known.set(seedText, known);
    return known;
  }

  #made(seedText: string): DerivedKey {
    const seed = new Uint8Array(createHmac("sha256", this.#masterSecret).update(seedText).digest());
    const publicKeyBytes = ed25519PublicKey(seed);
    return { seed, publicKeyBytes, publicKey: formatKey({ curve: "ed25519", data: publicKeyBytes }) };
  }
}

/** The implicit account of a key: 64 hex characters. */
export function implicitAccount({ publicKeyBytes }: DerivedKey): string {
  return Buffer.from(publicKeyBytes).toString("hex");
}

/** Hex SHA-256 of the names joined by line feeds. */
export function methodNamesHash(names: readonly string[]): string {
  return Buffer.from(sha256(Buffer.from(names.join("\n")))).toString("hex");
}
