import { checkScope, type GivenScope, readScope, scopeAnswer } from "../direct-user-scope.ts";
import type { Endpoint } from "../endpoint.ts";

/** `/wallet/direct-user/prepare-function-call-key`: the key that a user has to install for a scope. */
export const prepareKey: Endpoint<GivenScope> = {
  read: readScope,
  run({ keys }, given) {
    const scope = checkScope(given);
    const { publicKey } = keys.scoped(given.walletId, scope);
    return { ...scopeAnswer(scope), public_key: publicKey, key_label: scope.label };
  },
};
