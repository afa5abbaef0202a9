import type { Env, Storage } from "../../../contract.ts";
import { FormatError } from "../../../crypto/format-error.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { type Decoder, parsed } from "../../sdk/decoder.ts";
import { panic } from "../../sdk/panic.ts";

/** Makes a salt, 8 hex characters; called with the next attempt if the salt was used before. */
export type DeriveSalt = (env: Env, attempt: number) => string;

/** The contract's own derivation: the first 4 bytes of SHA-256 of the block's random seed and the attempt. */
export const saltOfSeed: DeriveSalt = (env, attempt) =>
  Buffer.from(sha256(env.randomSeed, Uint8Array.of(attempt)).subarray(0, 4)).toString("hex");

const ATTEMPTS = 256;

/** 8 hex characters, in lower case from here on; refused in the words of Rust's `hex`. */
export const saltText: Decoder<string> = parsed((text) => {
  if (text.length % 2 !== 0) throw new FormatError("Odd number of digits");
  if (text.length !== 8) throw new FormatError("Invalid string length");
  const foreign = /[^0-9a-fA-F]/.exec(text);
  if (foreign) throw new FormatError(`Invalid character '${foreign[0]}' at position ${foreign.index}`);
  return text.toLowerCase();
});

/** The salts of valid versioned nonces: the current one, and earlier ones until they are invalidated. */
export class Salts {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get current(): string {
    return this.#storage.get<string>("salt") ?? panic("The contract is not initialized");
  }

  set current(salt: string) {
    const previous = this.#storage.get<string>("salt");
    if (previous !== undefined && previous !== salt) this.#storage.set(previousKey(previous), true);
    this.#storage.set("salt", salt);
  }

  isValid(salt: string): boolean {
    return salt === this.current || this.#storage.get<boolean>(previousKey(salt)) === true;
  }

  /** Makes a new, unused salt the current one. */
  rotate(env: Env, derive: DeriveSalt): void {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const salt = derive(env, attempt);
      if (this.#isUsed(salt)) continue;
      this.current = salt;
      return;
    }
    panic("salt generation failed");
  }

  /** Whether the salt was valid; the current one is rotated first. */
  invalidate(salt: string, env: Env, derive: DeriveSalt): boolean {
    if (salt === this.current) this.rotate(env, derive);
    if (!this.#isUsed(salt)) return false;
    this.#storage.set(previousKey(salt), false);
    return true;
  }

  #isUsed(salt: string): boolean {
    return salt === this.current || this.#storage.get<boolean>(previousKey(salt)) !== undefined;
  }
}

function previousKey(salt: string): string {
  return `salt.${salt}`;
}
