import type { Env, Returned } from "../../../contract.ts";
import { formatKey, type PublicKey, parsePublicKey } from "../../../crypto/keys.ts";
import { type Decoder, object, parsed } from "../../sdk/decoder.ts";
import { change, type Method, noArguments, nothing } from "../../sdk/method.ts";
import { assertOneYocto } from "../../sdk/one-yocto.ts";
import { authenticated } from "../authenticated.ts";
import { intentEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import { VerifierState } from "../state/verifier-state.ts";

const keyArgs: Decoder<{ readonly public_key: PublicKey }> = object({ public_key: parsed(parsePublicKey) });

/** Methods by which an account changes its own settings in a transaction. */
export const accountMethods: Readonly<Record<string, Method>> = {
  add_public_key: ownMethod(keyArgs, (env, { accounts }, accountId, { public_key: key }) => {
    accounts.addPublicKey(accountId, key);
    env.log(intentEvent("public_key_added", { account_id: accountId, public_key: formatKey(key) }));
    return nothing();
  }),

  remove_public_key: ownMethod(keyArgs, (env, { accounts }, accountId, { public_key: key }) => {
    accounts.removePublicKey(accountId, key);
    env.log(intentEvent("public_key_removed", { account_id: accountId, public_key: formatKey(key) }));
    return nothing();
  }),

  /** From then on the account acts by signed intents only; only such an intent turns transactions on again. */
  disable_auth_by_predecessor_id: ownMethod(noArguments, (env, { accounts }, accountId) => {
    accounts.setAuthByPredecessor(accountId, false);
    env.log(intentEvent("set_auth_by_predecessor_id", { account_id: accountId, enabled: false }));
    return nothing();
  }),
};

function ownMethod<A>(
  args: Decoder<A>,
  run: (env: Env, state: VerifierState, accountId: string, args: A) => Returned,
): Method {
  return change({ gas: verifierGas.transaction, payable: true }, args, (env, read) => {
    assertOneYocto(env);
    const state = new VerifierState(env.storage);
    return run(env, state, authenticated(env, state), read);
  });
}
