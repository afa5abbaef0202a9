import { encodeBase58 } from "../common/encoding.js";

/**
 * An Ed25519 key in this window's memory alone: the browser gives its private half to nobody, not even to this script, and forgets it
 * with the window.
 */
export class Key {
  /** @type {CryptoKey} */
  #privateKey;
  /** `ed25519:` and base58. */
  publicKey;

  /**
   * @param {CryptoKey} privateKey
   * @param {string} publicKey
   */
  constructor(privateKey, publicKey) {
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
  }

  static async generate() {
    const isExtractable = false;
    const pair = await crypto.subtle.generateKey("Ed25519", isExtractable, ["sign", "verify"]);
    const bytes = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return new Key(pair.privateKey, `ed25519:${encodeBase58(bytes)}`);
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns 64 bytes
   */
  async sign(bytes) {
    return new Uint8Array(await crypto.subtle.sign("Ed25519", this.#privateKey, bytes));
  }
}
