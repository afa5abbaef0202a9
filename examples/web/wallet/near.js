/**
 * What a wallet signs, in Borsh. Sources: NEP-413, and near-primitives' `Transaction`, `Action` and `AccessKey`.
 */
import { decodeBase58 } from "../common/encoding.js";

/**
 * @typedef {{ readonly type: "FunctionCall", readonly methodName: string, readonly args: Uint8Array, readonly gas: bigint, readonly deposit: bigint }
 *   | { readonly type: "AddFullAccessKey", readonly publicKey: string }
 *   | { readonly type: "DeleteKey", readonly publicKey: string }} Action
 *
 * @typedef {object} Transaction
 * @property {string} signerId
 * @property {string} publicKey `ed25519:` and base58
 * @property {bigint} nonce above the access key's
 * @property {string} receiverId
 * @property {string} blockHash base58
 * @property {readonly Action[]} actions
 */

/** 2^31 + 413: a signed message can never be a transaction, which begins with the length of an account id. */
const nep413Prefix = 2 ** 31 + 413;
const ed25519 = 0;
const actionKinds = { FunctionCall: 2, AddFullAccessKey: 5, DeleteKey: 6 };
const fullAccess = 1;

/**
 * The 32 bytes that a NEP-413 signature is over.
 * @param {{ readonly message: string, readonly nonce: Uint8Array, readonly recipient: string, readonly callbackUrl?: string }} given nonce: 32 bytes
 */
export function nep413Hash({ message, nonce, recipient, callbackUrl }) {
  if (nonce.length !== 32) throw new RangeError("a nonce has 32 bytes");
  const writer = new Writer().u32(nep413Prefix).string(message).bytes(nonce).string(recipient);
  if (callbackUrl === undefined) writer.u8(0);
  else writer.u8(1).string(callbackUrl);
  return sha256(writer.written());
}

/** @param {Transaction} transaction */
export function encodeTransaction({ signerId, publicKey, nonce, receiverId, blockHash, actions }) {
  const writer = new Writer().string(signerId);
  writeKey(writer, publicKey).u64(nonce).string(receiverId).bytes(decodeBase58(blockHash, 32)).u32(actions.length);
  for (const action of actions) writeAction(writer, action);
  return writer.written();
}

/**
 * @param {Uint8Array} transaction encoded
 * @param {Uint8Array} signature of its SHA-256, 64 bytes
 */
export function withSignature(transaction, signature) {
  return new Writer().bytes(transaction).u8(ed25519).bytes(signature).written();
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/**
 * @param {Writer} writer
 * @param {Action} action
 */
function writeAction(writer, action) {
  writer.u8(actionKinds[action.type]);
  switch (action.type) {
    case "FunctionCall":
      writer.string(action.methodName).u32(action.args.length).bytes(action.args).u64(action.gas).u128(action.deposit);
      return;
    case "AddFullAccessKey":
      writeKey(writer, action.publicKey).u64(0n).u8(fullAccess);
      return;
    case "DeleteKey":
      writeKey(writer, action.publicKey);
  }
}

/**
 * @param {Writer} writer
 * @param {string} publicKey
 */
function writeKey(writer, publicKey) {
  if (!publicKey.startsWith("ed25519:")) throw new RangeError("not an Ed25519 key");
  return writer.u8(ed25519).bytes(decodeBase58(publicKey.slice("ed25519:".length), 32));
}

class Writer {
  /** @type {number[]} */
  #bytes = [];

  /** @param {number} value */
  u8(value) {
    return this.#integer(BigInt(value), 1);
  }

  /** @param {number} value */
  u32(value) {
    return this.#integer(BigInt(value), 4);
  }

  /** @param {bigint} value */
  u64(value) {
    return this.#integer(value, 8);
  }

  /** @param {bigint} value */
  u128(value) {
    return this.#integer(value, 16);
  }

  /** @param {string} text */
  string(text) {
    const bytes = new TextEncoder().encode(text);
    return this.u32(bytes.length).bytes(bytes);
  }

  /** @param {Uint8Array} bytes */
  bytes(bytes) {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  written() {
    return Uint8Array.from(this.#bytes);
  }

  /**
   * Little-endian.
   * @param {bigint} value
   * @param {number} length bytes
   */
  #integer(value, length) {
    if (value < 0n || value >> BigInt(8 * length) > 0n) throw new RangeError(`not an integer of ${length} bytes`);
    for (let at = 0; at < length; at += 1) this.#bytes.push(Number((value >> BigInt(8 * at)) & 0xffn));
    return this;
  }
}
