import { encodeHex, formatPublicKey, parsePublicKey, sha256 } from "@outlayer/near";
import type { DirectUserScope } from "@outlayer/workflow";
import type { ScopedKeyAnswer } from "./keystore.ts";
import { BadAnswer } from "./problems.ts";

/** Accepts a derived key only if it is for the requested scope. @throws BadAnswer that names what differs */
export function scopedKey(asked: DirectUserScope, answer: ScopedKeyAnswer): ScopedKeyAnswer {
  const methods = asked.methodNames.join("\n");
  const holds: Readonly<Record<string, boolean>> = {
    user_id: answer.scope.userId === asked.userId,
    registry_id: answer.scope.registryId === asked.registryId,
    receiver_id: answer.scope.receiverId === asked.receiverId,
    method_names: answer.scope.methodNames.join("\n") === methods,
    method_names_hash: answer.methodNamesHash === encodeHex(sha256(methods)),
    public_key: isPublicKey(answer.publicKey),
    key_label: answer.keyLabel.trim() !== "",
  };
  const wrong = Object.keys(holds).find((field) => !holds[field]);
  if (wrong !== undefined) throw new BadAnswer(`scoped key: ${wrong} is not what was asked for`);
  return answer;
}

/** Accepts one spelling only: the key that a user installs must equal the one that verifies signatures. */
function isPublicKey(text: string): boolean {
  try {
    return formatPublicKey(parsePublicKey(text)) === text;
  } catch {
    return false;
  }
}
