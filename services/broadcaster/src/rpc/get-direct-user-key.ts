import type { GetDirectUserKeyRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { invalid, unavailable } from "@outlayer/kit";
import { directUserGas } from "@outlayer/workflow";
import type { NearNode } from "../core/ports/near-node.ts";
import { RpcUnavailable } from "../core/ports/near-node.ts";
import { keyStatus } from "../shell/direct-user/key-status.ts";

/** Whether a scoped key is on the user's account, and pays for a call of the usual gas. */
export async function getDirectUserKey(
  { node }: { readonly node: NearNode },
  { scope, publicKey }: GetDirectUserKeyRequest,
) {
  if (scope === undefined) throw invalid("scope is required");
  try {
    const { key, problem, height } = await keyStatus(node, scope, publicKey, BigInt(directUserGas));
    const permission = key?.permission;
    const allowance = permission?.kind === "function_call" ? permission.allowanceYocto : undefined;
    return {
      installed: problem === undefined,
      blockHeight: BigInt(height),
      ...(problem === undefined ? {} : { reason: problem.reason, message: problem.message }),
      ...(allowance === undefined ? {} : { allowanceYocto: allowance.toString() }),
    };
  } catch (error) {
    if (error instanceof RpcUnavailable) throw unavailable("NEAR's RPC does not answer");
    throw error;
  }
}
