import { object } from "../sdk/decoder.ts";
import { u128Text } from "../sdk/integers.ts";
import { change, type Method, noArguments, nothing, promised } from "../sdk/method.ts";
import { assertOneYocto } from "../sdk/one-yocto.ts";
import { require } from "../sdk/panic.ts";
import { TGAS } from "../sdk/promises.ts";
import { Ledger } from "./ledger.ts";
import { REGISTRATION_YOCTO } from "./storage-management.ts";

/** Wraps the deposit, less the price of registration for a newcomer. */
const nearDeposit = change({ gas: 3n * TGAS, payable: true }, noArguments, (env) => {
  const ledger = new Ledger(env.storage);
  let amount = env.deposit;
  if (!ledger.isRegistered(env.predecessor)) {
    require(amount >= REGISTRATION_YOCTO, "ERR_DEPOSIT_TOO_SMALL");
    ledger.register(env.predecessor);
    amount -= REGISTRATION_YOCTO;
  }
  ledger.mint(env, env.predecessor, amount);
  return nothing();
});

/** Unwraps: burns, and sends NEAR to the caller. Its result is the transfer's, so the caller knows of the arrival. */
const nearWithdraw = change({ gas: 3n * TGAS, payable: true }, object({ amount: u128Text }), (env, { amount }) => {
  assertOneYocto(env);
  new Ledger(env.storage).burn(env, env.predecessor, amount);
  return promised(env.promise({ receiver: env.predecessor, actions: [{ kind: "transfer", deposit: amount }] }));
});

export const wrappingMethods: Readonly<Record<string, Method>> = {
  near_deposit: nearDeposit,
  near_withdraw: nearWithdraw,
};
