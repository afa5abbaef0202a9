import type { Contract, Env, Returned } from "../../contract.ts";
import { codeHashOf } from "../sdk/code-hash.ts";
import { anything, defaulting, list, object, optional, text, u32 } from "../sdk/decoder.ts";
import { least, u128Text } from "../sdk/integers.ts";
import { answerOf } from "../sdk/json.ts";
import { change, contractOf, json, promised } from "../sdk/method.ts";
import { panic } from "../sdk/panic.ts";
import { promiseCall, TGAS } from "../sdk/promises.ts";

/** What the sender's `msg`, JSON text, asks of the receiver. */
const wish = object({
  /** Raw units of each token that it keeps; all of them where absent. */
  keep: optional(u128Text),
  /** Blocks from the call to the answer. */
  after: defaulting(u32, 0),
  /** It fails, with that text. */
  fail: optional(text),
});

const later = object({ left: u32, answer: anything });

/**
 * A contract that is notified of transfers and does as their `msg` says: keeps all, a part or nothing of what it got, fails, or
 * answers many blocks later. `on_auth` understands `after` and `fail`.
 */
export function createReceiver(): Contract {
  return contractOf(codeHashOf("receiver"), {
    ft_on_transfer: change({ gas: TGAS }, object({ amount: u128Text, msg: text }), (env, { amount, msg }) =>
      answer(env, msg, (keep) => String(amount - least(keep ?? amount, amount))),
    ),
    nft_on_transfer: change({ gas: TGAS }, object({ msg: text }), (env, { msg }) =>
      answer(env, msg, (keep) => keep === 0n),
    ),
    mt_on_transfer: change({ gas: TGAS }, object({ amounts: list(u128Text), msg: text }), (env, { amounts, msg }) =>
      answer(env, msg, (keep) => amounts.map((amount) => String(amount - least(keep ?? amount, amount)))),
    ),
    on_auth: change({ gas: TGAS, payable: true }, object({ msg: text }), (env, { msg }) =>
      answer(env, msg, () => null),
    ),
    answer_later: change({ gas: TGAS, private: true }, later, (env, { left, answer: value }) =>
      left <= 1 ? json(value) : hop(env, left - 1, value),
    ),
  });
}

function answer(env: Env, msg: string, of: (keep: bigint | undefined) => unknown): Returned {
  const { keep, after, fail } = answerOf(Buffer.from(msg), wish) ?? panic("the message is not understood");
  if (fail !== undefined) panic(fail);
  return after === 0 ? json(of(keep)) : hop(env, after, of(keep));
}

/** A call of its own, which runs a block later. */
function hop(env: Env, left: number, value: unknown): Returned {
  return promised(promiseCall(env, env.current, { method: "answer_later", args: { left, answer: value } }));
}
