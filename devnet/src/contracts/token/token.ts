import type { Contract } from "../../contract.ts";
import { codeHashOf } from "../sdk/code-hash.ts";
import { accountId, object } from "../sdk/decoder.ts";
import { contractOf, type Method, noArguments, view } from "../sdk/method.ts";
import { Ledger } from "./ledger.ts";
import { storageMethods } from "./storage-management.ts";
import { transferMethods } from "./transfers.ts";
import { wrappingMethods } from "./wrapping.ts";

const views: Readonly<Record<string, Method>> = {
  ft_balance_of: view(object({ account_id: accountId }), (env, { account_id }) =>
    new Ledger(env.storage).balanceOf(account_id).toString(),
  ),
  ft_total_supply: view(noArguments, (env) => new Ledger(env.storage).totalSupply.toString()),
  ft_metadata: view(noArguments, (env) => {
    const { name, symbol, decimals } = new Ledger(env.storage).metadata;
    return { spec: "ft-1.0.0", name, symbol, icon: null, reference: null, reference_hash: null, decimals };
  }),
};

const tokenMethods = { ...transferMethods, ...storageMethods, ...views };

/** A NEP-141 token with NEP-145 storage management. */
export function createToken(): Contract {
  return contractOf(codeHashOf("token"), tokenMethods);
}

/** A NEP-141 token with `near_deposit` and `near_withdraw`: `wrap.near`. Its account's balance must cover its supply. */
export function createWrappedNear(): Contract {
  return contractOf(codeHashOf("wrapped NEAR"), { ...tokenMethods, ...wrappingMethods });
}
