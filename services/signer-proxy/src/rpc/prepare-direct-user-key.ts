import type { PrepareDirectUserKeyRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Logger } from "@outlayer/kit";
import type { DirectUserScope } from "@outlayer/workflow";
import { allowedScope } from "../core/direct-user-call.ts";
import type { Keystore } from "../core/keystore.ts";
import { scopedKey } from "../core/scoped-key.ts";
import { answering } from "./refusals.ts";

export interface PrepareDirectUserKeyDeps {
  readonly keystore: Pick<Keystore, "prepareScopedKey">;
  readonly scopes: readonly DirectUserScope[];
  readonly logger: Logger;
}

/** Derives the key that a user has to install for a scope. */
export function prepareDirectUserKey({ keystore, scopes, logger }: PrepareDirectUserKeyDeps) {
  return ({ walletId, scope: asked }: PrepareDirectUserKeyRequest, { signal }: { readonly signal: AbortSignal }) =>
    answering(logger, { method: "PrepareDirectUserKey", walletId }, async () => {
      const scope = allowedScope(scopes, asked);
      const key = scopedKey(scope, await keystore.prepareScopedKey({ walletId, scope }, signal));
      return { ...key, scope: { ...scope, methodNames: [...scope.methodNames] } };
    });
}
