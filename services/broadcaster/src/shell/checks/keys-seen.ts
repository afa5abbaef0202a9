import type { KeysSeen } from "../../core/gate/access-key.ts";
import type { KeyRing } from "../key-lane.ts";

/** The key that an account of ours would sign with now, if one is there. */
export async function keysSeen(ring: KeyRing): Promise<KeysSeen> {
  const { publicKey, key } = await ring.look();
  return { wanted: publicKey, found: key === undefined ? [] : [key.permission] };
}
