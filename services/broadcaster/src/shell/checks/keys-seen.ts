import type { NearNode } from "../../adapters/near/near-node.ts";
import type { KeysSeen } from "../../core/gate/access-key.ts";
import type { KeyRing } from "../key-lane.ts";

/** The key that an account of ours would sign with now, if it is there. */
export async function keysSeen(node: NearNode, { accountId, idlest }: KeyRing): Promise<KeysSeen> {
  const key = await node.accessKey(accountId, idlest.publicKey);
  return { wanted: idlest.publicKey, found: key === undefined ? [] : [key.permission] };
}
