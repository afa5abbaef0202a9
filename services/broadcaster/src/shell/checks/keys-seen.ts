import type { KeysSeen } from "../../core/gate/access-key.ts";
import type { KeyRing } from "../chain/signing-key.ts";

/** The key with which an account of ours would sign now, if there is one, as it was some blocks ago at most. */
export async function keysSeen(ring: KeyRing): Promise<KeysSeen> {
  const { publicKey, key } = await ring.look();
  return { wanted: publicKey, found: key === undefined ? [] : [key.permission] };
}

/** The same, as it is now. */
export function keysNow(ring: KeyRing): Promise<KeysSeen> {
  ring.lookAgain();
  return keysSeen(ring);
}
