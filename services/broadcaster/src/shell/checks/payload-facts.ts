import { encodeBase64, encodeHex, readVerifierNonce } from "@outlayer/near";
import { isViewMissing } from "../../core/chain/panic-text.ts";
import { type NearNode, RpcUnavailable, ViewFailed } from "../../core/ports/near-node.ts";

/** A payload that somebody signed, by what the verifier's views ask for. */
export interface PayloadToJudge {
  readonly accountId: string;
  readonly publicKey: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
}

/** A payload, as the verifier would judge it at a final block. */
export interface PayloadFacts {
  readonly nonceUsed: boolean;
  readonly accountLocked: boolean;
  readonly saltValid: boolean;
  readonly keyRegistered: boolean;
}

/** Asks the verifier's views about payloads, each question once. */
export class PayloadViews {
  readonly #node: Pick<NearNode, "view">;
  readonly #verifierId: string;
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(node: Pick<NearNode, "view">, verifierId: string) {
    this.#node = node;
    this.#verifierId = verifierId;
  }

  /** Payloads share signers and salts. @throws RpcUnavailable, ViewFailed */
  view(method: string, args: object = {}): Promise<unknown> {
    const question = `${method} ${JSON.stringify(args)}`;
    const earlier = this.#asked.get(question);
    if (earlier !== undefined) return earlier;
    const answer = this.#node.view(this.#verifierId, method, args).then(({ value }) => value);
    this.#asked.set(question, answer);
    return answer;
  }

  /** @throws RpcUnavailable, ViewFailed */
  async factsOf({ accountId: account_id, publicKey, nonce }: PayloadToJudge): Promise<PayloadFacts> {
    const salt = readVerifierNonce(nonce)?.salt;
    const [nonceUsed, accountLocked, saltValid, keyRegistered] = await Promise.all([
      this.#is("is_nonce_used", { account_id, nonce: encodeBase64(nonce) }),
      // Older verifiers have no locks and no salts.
      this.#is("is_account_locked", { account_id }).catch(whereMissing(false)),
      salt === undefined ? true : this.#is("is_valid_salt", { salt: encodeHex(salt) }).catch(whereMissing(true)),
      this.#is("has_public_key", { account_id, public_key: publicKey }),
    ]);
    return { nonceUsed, accountLocked, saltValid, keyRegistered };
  }

  async #is(method: string, args: object): Promise<boolean> {
    const value = await this.view(method, args);
    if (typeof value !== "boolean") throw new RpcUnavailable(`${method} of the verifier cannot be read`);
    return value;
  }
}

/** The answer for a view that the verifier does not have. @throws every other error */
function whereMissing(answer: boolean): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof ViewFailed && isViewMissing(error.text)) return answer;
    throw error;
  };
}
