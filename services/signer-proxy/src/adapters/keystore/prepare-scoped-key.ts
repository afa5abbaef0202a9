import { z } from "zod";
import type { ScopedKeyAnswer, ScopedKeyRequest } from "../../core/keystore.ts";
import type { KeystoreHttp } from "./http.ts";

const answer = z.object({
  user_id: z.string(),
  registry_id: z.string(),
  receiver_id: z.string(),
  method_names: z.array(z.string()),
  method_names_hash: z.string(),
  public_key: z.string(),
  key_label: z.string(),
});

/** @throws KeystoreError */
export async function prepareScopedKey(
  http: KeystoreHttp,
  request: ScopedKeyRequest,
  signal: AbortSignal,
): Promise<ScopedKeyAnswer> {
  const given = await http.post("/wallet/direct-user/prepare-function-call-key", scopeBody(request), answer, signal);
  return {
    scope: {
      userId: given.user_id,
      registryId: given.registry_id,
      receiverId: given.receiver_id,
      methodNames: given.method_names,
    },
    methodNamesHash: given.method_names_hash,
    publicKey: given.public_key,
    keyLabel: given.key_label,
  };
}

/** The scope's fields as both endpoints take them. */
export function scopeBody({ walletId, scope }: ScopedKeyRequest) {
  return {
    wallet_id: walletId,
    user_id: scope.userId,
    registry_id: scope.registryId,
    receiver_id: scope.receiverId,
    method_names: scope.methodNames,
  };
}
