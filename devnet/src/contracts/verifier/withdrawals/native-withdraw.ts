import { accountId, type Decoder, object } from "../../sdk/decoder.ts";
import { u128Text } from "../../sdk/integers.ts";
import { change, type Method, promised } from "../../sdk/method.ts";
import { promiseCall } from "../../sdk/promises.ts";
import type { Intent } from "../engine/execution.ts";
import { intentEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import { takeTokens } from "./taken-tokens.ts";
import { assertUnwrapped, unwrapNear } from "./unwrap-near.ts";

const fields = object({ receiver_id: accountId, amount: u128Text });

/** Pays NEAR out of wNEAR. A failure is not refunded. */
export const nativeWithdrawIntent: Decoder<Intent> = {
  decode(value) {
    const { receiver_id, amount } = fields.decode(value);
    const withdraw = { receiver_id, amount: amount.toString() };
    return ({ state, effects }, { accountId: ownerId, intentHash }) => {
      const data = { intent_hash: intentHash, account_id: ownerId, ...withdraw };
      effects.emit(intentEvent("native_withdraw", [data]));
      takeTokens(state, effects, ownerId, [[state.wrappedNearToken, amount]]);
      effects.schedule((env) => {
        const goOn = {
          method: "do_native_withdraw",
          args: { withdraw },
          gas: verifierGas.doNativeWithdrawAttached,
          gasWeight: 0n,
        };
        promiseCall(env, env.current, goOn, unwrapNear(env, state.config.wrappedNearId, amount));
      });
    };
  },
};

export const nativeWithdrawMethods: Readonly<Record<string, Method>> = {
  do_native_withdraw: change(
    { gas: verifierGas.doWithdraw, private: true },
    object({ withdraw: fields }),
    (env, { withdraw }) => {
      assertUnwrapped(env);
      const transfer = { kind: "transfer", deposit: withdraw.amount } as const;
      return promised(env.promise({ receiver: withdraw.receiver_id, actions: [transfer] }));
    },
  ),
};
