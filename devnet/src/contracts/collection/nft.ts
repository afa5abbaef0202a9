import type { Contract } from "../../contract.ts";
import { codeHashOf } from "../sdk/code-hash.ts";
import { accountId, bool, object, optional, text } from "../sdk/decoder.ts";
import { answerOf } from "../sdk/json.ts";
import { change, contractOf, json, nothing, promised, view } from "../sdk/method.ts";
import { assertOneYocto } from "../sdk/one-yocto.ts";
import { promiseCall, TGAS } from "../sdk/promises.ts";
import { Holdings } from "./holdings.ts";

const transferFields = { receiver_id: accountId, token_id: text, memo: optional(text) };
const RESOLVE_GAS = 5n * TGAS;

/** A NEP-171 collection whose tokens go to registered accounts only. */
export function createNft(): Contract {
  return contractOf(codeHashOf("NFT"), {
    nft_transfer: change(
      { gas: 2n * TGAS, payable: true },
      object(transferFields),
      (env, { receiver_id, token_id }) => {
        assertOneYocto(env);
        new Holdings(env.storage).move(env.predecessor, receiver_id, token_id, 1n);
        return nothing();
      },
    ),
    nft_transfer_call: change(
      { gas: 5n * TGAS, payable: true },
      object({ ...transferFields, msg: text }),
      (env, { receiver_id, token_id, msg }) => {
        assertOneYocto(env);
        const sender_id = env.predecessor;
        new Holdings(env.storage).move(sender_id, receiver_id, token_id, 1n);
        const args = { sender_id, previous_owner_id: sender_id, token_id, msg };
        const notified = promiseCall(env, receiver_id, { method: "nft_on_transfer", args });
        const resolve = { previous_owner_id: sender_id, receiver_id, token_id };
        const spec = { method: "nft_resolve_transfer", args: resolve, gas: RESOLVE_GAS, gasWeight: 0n };
        return promised(promiseCall(env, env.current, spec, notified));
      },
    ),
    nft_resolve_transfer: change(
      { gas: 2n * TGAS, private: true },
      object({ previous_owner_id: accountId, receiver_id: accountId, token_id: text }),
      (env, { previous_owner_id, receiver_id, token_id }) => {
        const [answer] = env.promiseResults;
        const isUnwanted = (answer && answerOf(answer, bool)) ?? true;
        const holdings = new Holdings(env.storage);
        const goesBack = isUnwanted && holdings.of(receiver_id, token_id) > 0n;
        if (goesBack) holdings.move(receiver_id, previous_owner_id, token_id, 1n);
        return json(!goesBack);
      },
    ),
    holds: view(object({ account_id: accountId, token_id: text }), (env, { account_id, token_id }) =>
      new Holdings(env.storage).of(account_id, token_id).toString(),
    ),
  });
}
