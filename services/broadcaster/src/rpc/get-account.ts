import type { GetAccountRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { unavailable } from "@outlayer/kit";
import { strings } from "../core/chain/json.ts";
import { type NearNode, RpcUnavailable, ViewFailed } from "../core/ports/near-node.ts";

/** Most registered keys of an answer: an account can register as many as it pays for. */
const mostKeys = 1_000;

/**
 * An account as the verifier and NEAR have it at one final block: read at two, a key that was just registered would seem to be
 * one that NEAR has deleted.
 */
export async function getAccount(
  {
    node,
    verifierId,
  }: { readonly node: Pick<NearNode, "accessKeysAt" | "block" | "view">; readonly verifierId: string },
  { accountId, publicKey, tokenIds }: GetAccountRequest,
) {
  try {
    const block = await node.block({ finality: "final" });
    const view = async (method: string, args: object = {}) =>
      (await node.view(verifierId, method, { account_id: accountId, ...args }, block)).value;
    const [keys, registered, locked, byPredecessor, keyRegistered, balances] = await Promise.all([
      node.accessKeysAt(accountId, block),
      view("public_keys_of"),
      view("is_account_locked"),
      view("is_auth_by_predecessor_id_enabled"),
      publicKey === undefined ? undefined : view("has_public_key", { public_key: publicKey }),
      tokenIds.length === 0 ? [] : view("mt_batch_balance_of", { token_ids: tokenIds }),
    ]);
    const registeredKeys = strings(registered).sort();
    return {
      exists: keys !== undefined,
      registeredKeys: registeredKeys.slice(0, mostKeys),
      registeredTotal: registeredKeys.length,
      nearKeys: (keys ?? []).map(({ publicKey, permission }) => ({
        publicKey,
        fullAccess: permission.kind === "full_access",
      })),
      locked: locked === true,
      authByPredecessor: byPredecessor === true,
      ...(publicKey === undefined ? {} : { keyRegistered: keyRegistered === true }),
      balances: strings(balances),
      blockHeight: BigInt(block.height),
    };
  } catch (error) {
    if (error instanceof RpcUnavailable || error instanceof ViewFailed) throw unavailable("NEAR's RPC does not answer");
    throw error;
  }
}
