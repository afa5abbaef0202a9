import type { DirectUserScope } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { judgeKey, type NotInstalled } from "../../core/direct-user/user-key.ts";
import { lockedBy } from "../../core/gate/money.ts";
import type { AccessKey, NearNode } from "../../core/ports/near-node.ts";

export interface KeyStatus {
  /** Undefined where there is no such key. */
  readonly key: AccessKey | undefined;
  /** Undefined where the key is installed. */
  readonly problem: NotInstalled | undefined;
  /** What a call may cost at most, yoctoNEAR. */
  readonly costYocto: bigint;
  /** Height of the final block at which the key was looked for. */
  readonly height: number;
}

/** Whether a key is on the user's account for exactly this scope. @param gas of a call, gas units @throws RpcUnavailable */
export async function keyStatus(
  node: Pick<NearNode, "accessKey" | "block">,
  scope: DirectUserScope,
  publicKey: string,
  gas: bigint,
): Promise<KeyStatus> {
  const final = await node.block({ finality: "final" });
  const key = await node.accessKey(scope.userId, publicKey);
  const costYocto = lockedBy(gas, final.gasPrice);
  const problem = judgeKey(scope, key?.permission, costYocto);
  return { key, problem, costYocto, height: key?.height ?? final.height };
}
