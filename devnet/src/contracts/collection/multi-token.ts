import type { Contract } from "../../contract.ts";
import { codeHashOf } from "../sdk/code-hash.ts";
import { accountId, list, object, optional, text } from "../sdk/decoder.ts";
import { least, u128Text } from "../sdk/integers.ts";
import { answerOf } from "../sdk/json.ts";
import { change, contractOf, json, nothing, promised, view } from "../sdk/method.ts";
import { assertOneYocto } from "../sdk/one-yocto.ts";
import { require } from "../sdk/panic.ts";
import { promiseCall, TGAS } from "../sdk/promises.ts";
import { Holdings } from "./holdings.ts";

const tokenFields = { token_ids: list(text), amounts: list(u128Text) };
const transferFields = { receiver_id: accountId, ...tokenFields, memo: optional(text) };
const RESOLVE_GAS = 5n * TGAS;

interface Tokens {
  readonly token_ids: readonly string[];
  readonly amounts: readonly bigint[];
}

function move(holdings: Holdings, from: string, to: string, { token_ids, amounts }: Tokens): void {
  require(token_ids.length === amounts.length, "Number of tokens and amounts must be equal");
  for (const [index, tokenId] of token_ids.entries()) holdings.move(from, to, tokenId, amounts[index] ?? 0n);
}

/** A NEP-245 contract whose tokens go to registered accounts only. */
export function createMultiToken(): Contract {
  return contractOf(codeHashOf("multi token"), {
    mt_batch_transfer: change({ gas: 2n * TGAS, payable: true }, object(transferFields), (env, args) => {
      assertOneYocto(env);
      move(new Holdings(env.storage), env.predecessor, args.receiver_id, args);
      return nothing();
    }),
    mt_batch_transfer_call: change(
      { gas: 5n * TGAS, payable: true },
      object({ ...transferFields, msg: text }),
      (env, { receiver_id, token_ids, amounts, msg }) => {
        assertOneYocto(env);
        const sender_id = env.predecessor;
        move(new Holdings(env.storage), sender_id, receiver_id, { token_ids, amounts });
        const tokens = { token_ids, amounts: amounts.map(String) };
        const previous_owner_ids = token_ids.map(() => sender_id);
        const args = { sender_id, previous_owner_ids, ...tokens, msg };
        const notified = promiseCall(env, receiver_id, { method: "mt_on_transfer", args });
        const resolve = { sender_id, receiver_id, ...tokens };
        const spec = { method: "mt_resolve_transfer", args: resolve, gas: RESOLVE_GAS, gasWeight: 0n };
        return promised(promiseCall(env, env.current, spec, notified));
      },
    ),
    mt_resolve_transfer: change(
      { gas: 2n * TGAS, private: true },
      object({ sender_id: accountId, receiver_id: accountId, ...tokenFields }),
      (env, { sender_id, receiver_id, token_ids, amounts }) => {
        const [result] = env.promiseResults;
        const answer = result && answerOf(result, list(u128Text));
        const unwanted = answer?.length === amounts.length ? answer : amounts;
        const holdings = new Holdings(env.storage);
        const used = token_ids.map((tokenId, index) => {
          const amount = amounts[index] ?? 0n;
          const back = least(amount, unwanted[index] ?? amount, holdings.of(receiver_id, tokenId));
          if (back > 0n) holdings.move(receiver_id, sender_id, tokenId, back);
          return String(amount - back);
        });
        return json(used);
      },
    ),
    mt_balance_of: view(object({ account_id: accountId, token_id: text }), (env, { account_id, token_id }) =>
      new Holdings(env.storage).of(account_id, token_id).toString(),
    ),
  });
}
