import type { Env } from "../../contract.ts";
import { accountId, bool, object, optional } from "../sdk/decoder.ts";
import { change, json, type Method, noArguments, view } from "../sdk/method.ts";
import { require } from "../sdk/panic.ts";
import { TGAS } from "../sdk/promises.ts";
import { Ledger } from "./ledger.ts";

/** Price of a registration (NEP-145): 0.00125 NEAR. */
export const REGISTRATION_YOCTO = 1_250_000_000_000_000_000_000n;

/** Registers the account, or the caller; returns any surplus. */
const storageDeposit = change(
  { gas: 3n * TGAS, payable: true },
  object({ account_id: optional(accountId), registration_only: optional(bool) }),
  (env, { account_id = env.predecessor }) => {
    const ledger = new Ledger(env.storage);
    if (ledger.isRegistered(account_id)) {
      env.log("The account is already registered, refunding the deposit");
      sendBack(env, env.deposit);
    } else {
      const covered = env.deposit >= REGISTRATION_YOCTO;
      require(covered, "The attached deposit is less than the minimum storage balance");
      ledger.register(account_id);
      sendBack(env, env.deposit - REGISTRATION_YOCTO);
    }
    return json(storageBalance(ledger, account_id));
  },
);

export const storageMethods: Readonly<Record<string, Method>> = {
  storage_deposit: storageDeposit,
  storage_balance_of: view(object({ account_id: accountId }), (env, { account_id }) =>
    storageBalance(new Ledger(env.storage), account_id),
  ),
  storage_balance_bounds: view(noArguments, () => ({
    min: REGISTRATION_YOCTO.toString(),
    max: REGISTRATION_YOCTO.toString(),
  })),
};

function storageBalance(ledger: Ledger, accountIdentifier: string): unknown {
  if (!ledger.isRegistered(accountIdentifier)) return null;
  return { total: REGISTRATION_YOCTO.toString(), available: "0" };
}

function sendBack(env: Env, deposit: bigint): void {
  if (deposit > 0n) env.promise({ receiver: env.predecessor, actions: [{ kind: "transfer", deposit }] });
}
