import { accountId, type Decoder, isObject, object } from "../../sdk/decoder.ts";
import { u128Text } from "../../sdk/integers.ts";
import { change, type Method, promised } from "../../sdk/method.ts";
import { promiseCall } from "../../sdk/promises.ts";
import type { Intent } from "../engine/execution.ts";
import { intentEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import { takeTokens } from "./taken-tokens.ts";
import { assertUnwrapped, unwrapNear } from "./unwrap-near.ts";

const fields = object({ contract_id: accountId, deposit_for_account_id: accountId, amount: u128Text });

/** Older payloads say `account_id`, which collided with the signer's in events. */
function renamed(value: unknown): unknown {
  if (!isObject(value) || !("account_id" in value)) return value;
  const { account_id: deposit_for_account_id, ...rest } = value;
  return { ...rest, deposit_for_account_id };
}

/** NEP-145 registration of an account with a contract, paid out of wNEAR. Never refunded. */
export const storageDepositIntent: Decoder<Intent> = {
  decode(value) {
    const { contract_id, deposit_for_account_id, amount } = fields.decode(renamed(value));
    const storage_deposit = { contract_id, deposit_for_account_id, amount: amount.toString() };
    return ({ state, effects }, { accountId: ownerId, intentHash }) => {
      const data = { intent_hash: intentHash, account_id: ownerId, ...storage_deposit };
      effects.emit(intentEvent("storage_deposit", [data]));
      takeTokens(state, effects, ownerId, [[state.wrappedNearToken, amount]]);
      effects.schedule((env) => {
        const goOn = {
          method: "do_storage_deposit",
          args: { storage_deposit },
          gas: verifierGas.doStorageDepositAttached,
          gasWeight: 0n,
        };
        promiseCall(env, env.current, goOn, unwrapNear(env, state.config.wrappedNearId, amount));
      });
    };
  },
};

export const storageDepositMethods: Readonly<Record<string, Method>> = {
  do_storage_deposit: change(
    { gas: verifierGas.doWithdraw, private: true },
    object({ storage_deposit: fields }),
    (env, { storage_deposit: { contract_id, deposit_for_account_id, amount } }) => {
      assertUnwrapped(env);
      const call = {
        method: "storage_deposit",
        args: { account_id: deposit_for_account_id, registration_only: null },
        deposit: amount,
        gas: verifierGas.storageDeposit,
        gasWeight: 0n,
      };
      return promised(promiseCall(env, contract_id, call));
    },
  ),
};
