import { type Random, systemPorts } from "@outlayer/kit";
import {
  decodeHex,
  encodeBase58,
  encodeBase64,
  formatSignature,
  keyPairFromSeed,
  nep413Hash,
  parsePublicKey,
  verifierNonce,
} from "@outlayer/near";
import { actions, PublicKey } from "near-api-js";
import { OwnNode } from "../own-node/own-node.ts";
import type { ProductInfo } from "../up-info.ts";

/** A transaction as the API writes it for wallets. */
export interface WalletTransaction {
  readonly receiverId: string;
  readonly actions: readonly {
    readonly params: {
      readonly methodName: string;
      readonly args: object;
      readonly gas: string;
      readonly deposit: string;
    };
  }[];
}

/** A message that was signed by NEP-413, as the verifier takes it. */
export interface SignedMessage {
  readonly standard: "nep413";
  readonly payload: { readonly message: string; readonly nonce: string; readonly recipient: string };
  readonly public_key: string;
  readonly signature: string;
}

interface Key {
  readonly publicKey: string;
  /** As near-api-js takes it. */
  readonly secretKey: string;
  sign(bytes: Uint8Array): Uint8Array;
}

/** How long a payload holds, milliseconds. */
const holdsMs = 10 * 60_000;

/** Somebody with an account on NEAR, whose wallet signs and sends: no keystore of ours has the key. */
export class Person {
  readonly accountId: string;
  readonly #verifierId: string;
  readonly #node: OwnNode;
  readonly #random: Random = systemPorts().random;
  #key: Key;

  constructor(accountId: string, { near_rpc, verifier_id }: Pick<ProductInfo, "near_rpc" | "verifier_id">) {
    this.accountId = accountId;
    this.#verifierId = verifier_id;
    this.#node = new OwnNode(near_rpc);
    this.#key = newKey(this.#random);
  }

  /** Of the key that is in use. */
  get publicKey(): string {
    return this.#key.publicKey;
  }

  signMessage(message: string, nonce: Uint8Array, recipient: string): SignedMessage {
    return {
      standard: "nep413",
      payload: { message, nonce: encodeBase64(nonce), recipient },
      public_key: this.publicKey,
      signature: formatSignature(this.#key.sign(nep413Hash({ message, nonce, recipient }))),
    };
  }

  /** Signs intents for the verifier, with a nonce that names its salt of now. */
  async signIntents(intents: readonly object[]): Promise<SignedMessage> {
    const salt = await this.#node.view<string>(this.#verifierId, "current_salt", {});
    const deadlineMs = systemPorts().clock.now() + holdsMs;
    const deadline = new Date(deadlineMs).toISOString();
    const message = JSON.stringify({ signer_id: this.accountId, deadline, intents });
    const nonce = verifierNonce(decodeHex(salt), deadlineMs, this.#random.bytes(15));
    return this.signMessage(message, nonce, this.#verifierId);
  }

  /** Sends exactly what the API says, and waits until it is final. */
  async send({ receiverId, actions: asked }: WalletTransaction): Promise<void> {
    const calls = asked.map(({ params: { methodName, args, gas, deposit } }) =>
      actions.functionCall(methodName, { ...args }, BigInt(gas), BigInt(deposit)),
    );
    await this.#node.send(this.#account(), receiverId, calls);
  }

  /** Gives the account another full access key on NEAR, and deletes the one in use. @returns the deleted one */
  async replaceKey(): Promise<string> {
    const next = newKey(this.#random);
    const { publicKey } = this;
    await this.#node.send(this.#account(), this.accountId, [
      actions.addFullAccessKey(PublicKey.fromString(next.publicKey)),
      actions.deleteKey(PublicKey.fromString(publicKey)),
    ]);
    this.#key = next;
    return publicKey;
  }

  #account() {
    return { account_id: this.accountId, secret_key: this.#key.secretKey };
  }
}

function newKey(random: Random): Key {
  const seed = random.bytes(32);
  const { publicKey, sign } = keyPairFromSeed(seed);
  const both = new Uint8Array([...seed, ...parsePublicKey(publicKey)]);
  return { publicKey, sign, secretKey: `ed25519:${encodeBase58(both)}` };
}
