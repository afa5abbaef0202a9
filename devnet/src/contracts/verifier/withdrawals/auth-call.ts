import type { Env, PromiseIndex } from "../../../contract.ts";
import { accountId, type Decoder, defaulting, object, optional, text } from "../../sdk/decoder.ts";
import { u64Text, u128Text } from "../../sdk/integers.ts";
import { change, type Method, promised } from "../../sdk/method.ts";
import { promiseCall } from "../../sdk/promises.ts";
import type { Intent } from "../engine/execution.ts";
import { verifierGas } from "../gas.ts";
import { takeTokens } from "./taken-tokens.ts";
import { assertUnwrapped, unwrapNear } from "./unwrap-near.ts";

interface AuthCall {
  readonly contract_id: string;
  readonly msg: string;
  readonly attached_deposit: bigint;
  readonly min_gas: bigint | undefined;
}

const fields: Decoder<AuthCall> = object<AuthCall>({
  contract_id: accountId,
  msg: text,
  attached_deposit: defaulting(u128Text, 0n),
  min_gas: optional(u64Text),
});

/** Calls `on_auth {signer_id, msg}` of a contract, with a deposit out of wNEAR. It logs no event of its own. */
export const authCallIntent: Decoder<Intent> = {
  decode(value) {
    const call = fields.decode(value);
    return ({ state, effects }, { accountId: signerId }) => {
      const { attached_deposit } = call;
      if (attached_deposit > 0n) takeTokens(state, effects, signerId, [[state.wrappedNearToken, attached_deposit]]);
      effects.schedule((env) => {
        if (attached_deposit === 0n) promiseOnAuth(env, signerId, call);
        else promiseAfterUnwrapping(env, state.config.wrappedNearId, signerId, call);
      });
    };
  },
};

export const authCallMethods: Readonly<Record<string, Method>> = {
  do_auth_call: change(
    { gas: verifierGas.doWithdraw, private: true },
    object({ signer_id: accountId, auth_call: fields }),
    (env, { signer_id, auth_call }) => {
      assertUnwrapped(env);
      return promised(promiseOnAuth(env, signer_id, auth_call));
    },
  ),
};

function promiseAfterUnwrapping(env: Env, wrappedNearId: string, signerId: string, call: AuthCall): void {
  const { contract_id, msg, attached_deposit, min_gas } = call;
  const auth_call = { contract_id, msg, attached_deposit: attached_deposit.toString(), min_gas: min_gas?.toString() };
  const goOn = {
    method: "do_auth_call",
    args: { signer_id: signerId, auth_call },
    gas: verifierGas.doAuthCallAttached + gasOf(call),
  };
  promiseCall(env, env.current, goOn, unwrapNear(env, wrappedNearId, attached_deposit));
}

function promiseOnAuth(env: Env, signerId: string, call: AuthCall): PromiseIndex {
  const { contract_id, msg, attached_deposit } = call;
  const args = { signer_id: signerId, msg };
  return promiseCall(env, contract_id, { method: "on_auth", args, deposit: attached_deposit, gas: gasOf(call) });
}

function gasOf({ min_gas = 0n }: AuthCall): bigint {
  return min_gas > verifierGas.authCallMin ? min_gas : verifierGas.authCallMin;
}
