import { FormatError } from "../../../crypto/format-error.ts";
import { accountId, anything, list, object, optional, text } from "../../sdk/decoder.ts";
import { least, u128Text } from "../../sdk/integers.ts";
import { answerOf } from "../../sdk/json.ts";
import { change, type Method, nothing } from "../../sdk/method.ts";
import { assertOneYocto } from "../../sdk/one-yocto.ts";
import { panic, require } from "../../sdk/panic.ts";
import { authenticated } from "../authenticated.ts";
import { transferEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import { VerifierState } from "../state/verifier-state.ts";
import { parseTokenId } from "../token-id.ts";
import { amountsAnswer } from "../withdrawals/token-withdrawal.ts";

const transferArgs = object({
  receiver_id: accountId,
  token_id: text,
  amount: u128Text,
  approval: optional(anything),
  memo: optional(text),
});

const resolveArgs = object({
  previous_owner_ids: list(accountId),
  receiver_id: accountId,
  token_ids: list(text),
  amounts: list(u128Text),
});

/** NEP-245 transfer by transaction. */
const mtTransfer = change({ gas: verifierGas.transaction, payable: true }, transferArgs, (env, args) => {
  const { receiver_id: receiverId, token_id, amount, approval, memo } = args;
  assertOneYocto(env);
  require(approval === undefined, "approvals are not supported");
  const state = new VerifierState(env.storage);
  const senderId = authenticated(env, state);
  require(senderId !== receiverId && amount > 0n, "invalid intent");
  const tokenId = tokenOf(token_id);
  state.balances.subtract(senderId, tokenId, amount);
  state.balances.add(receiverId, tokenId, amount);
  env.log(transferEvent([{ senderId, receiverId, amounts: new Map([[tokenId, amount]]) }], memo));
  return nothing();
});

/**
 * Sends back the amounts that the notified receiver of a transfer returns, as far as it still has them; all of them, if it failed or
 * answered nonsense. Answers the amounts that the receiver kept.
 */
const mtResolveTransfer = change({ gas: verifierGas.resolve, private: true }, resolveArgs, (env, args) => {
  const { previous_owner_ids, receiver_id: receiverId, token_ids, amounts } = args;
  const [senderId = panic("invalid args")] = previous_owner_ids;
  const isParallel = token_ids.length === amounts.length && previous_owner_ids.length === amounts.length;
  require(isParallel, "invalid args");
  const { balances } = new VerifierState(env.storage);
  const [result] = env.promiseResults;
  const answer = result ? answerOf(result, list(u128Text)) : undefined;
  const unwanted = answer?.length === amounts.length ? answer : amounts;

  const refunded = new Map<string, bigint>();
  const kept = token_ids.map((tokenId, index) => {
    const amount = amounts[index] ?? 0n;
    const refund = least(unwanted[index] ?? amount, amount, balances.of(receiverId, tokenId));
    if (refund > 0n) {
      balances.forceSubtract(receiverId, tokenId, refund);
      balances.add(senderId, tokenId, refund);
      refunded.set(tokenId, (refunded.get(tokenId) ?? 0n) + refund);
    }
    return amount - refund;
  });
  if (refunded.size > 0) {
    env.log(transferEvent([{ senderId: receiverId, receiverId: senderId, amounts: refunded }], "refund"));
  }
  return amountsAnswer(kept);
});

export const transferMethods: Readonly<Record<string, Method>> = {
  mt_transfer: mtTransfer,
  mt_resolve_transfer: mtResolveTransfer,
};

function tokenOf(token: string): string {
  try {
    return parseTokenId(token);
  } catch (error) {
    if (error instanceof FormatError) panic(`token_id: ${error.message}`);
    throw error;
  }
}
