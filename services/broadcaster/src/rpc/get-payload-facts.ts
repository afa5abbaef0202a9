import type { GetPayloadFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { unavailable } from "@outlayer/kit";
import { encodeBase64, encodeHex, readVerifierNonce } from "@outlayer/near";
import { type NearNode, RpcUnavailable, ViewFailed } from "../core/ports/near-node.ts";

/** Payloads that others signed, as the verifier would judge them, each at a final block. */
export async function getPayloadFacts(
  { node, verifierId }: { readonly node: NearNode; readonly verifierId: string },
  { payloads }: GetPayloadFactsRequest,
) {
  const asked = new Map<string, Promise<unknown>>();
  /** Asks each question once: payloads share signers and salts. */
  const view = (method: string, args: object = {}): Promise<unknown> => {
    const question = `${method} ${JSON.stringify(args)}`;
    const earlier = asked.get(question);
    if (earlier !== undefined) return earlier;
    const answer = node.view(verifierId, method, args).then(({ value }) => value);
    asked.set(question, answer);
    return answer;
  };
  const is = async (method: string, args: object): Promise<boolean> => {
    const value = await view(method, args);
    if (typeof value !== "boolean") throw new RpcUnavailable(`${method} of the verifier cannot be read`);
    return value;
  };
  try {
    const [block, fee, facts] = await Promise.all([
      node.block({ finality: "final" }),
      view("fee"),
      Promise.all(
        payloads.map(async ({ accountId: account_id, publicKey, nonce }) => {
          const salt = readVerifierNonce(nonce)?.salt;
          const [nonceUsed, accountLocked, saltValid, keyRegistered] = await Promise.all([
            is("is_nonce_used", { account_id, nonce: encodeBase64(nonce) }),
            is("is_account_locked", { account_id }),
            salt === undefined ? true : is("is_valid_salt", { salt: encodeHex(salt) }),
            is("has_public_key", { account_id, public_key: publicKey }),
          ]);
          return { nonceUsed, accountLocked, saltValid, keyRegistered };
        }),
      ),
    ]);
    if (typeof fee !== "number" || !Number.isInteger(fee) || fee < 0 || fee > 1_000_000) {
      throw new RpcUnavailable("the verifier's fee cannot be read");
    }
    return { feePips: fee, finalTimeMs: BigInt(Math.floor(block.timeMs)), payloads: facts };
  } catch (error) {
    if (error instanceof RpcUnavailable || error instanceof ViewFailed) throw unavailable("NEAR's RPC does not answer");
    throw error;
  }
}
