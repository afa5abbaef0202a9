import type { Env, PromiseIndex } from "../../../contract.ts";
import { list } from "../../sdk/decoder.ts";
import { least, u128Text } from "../../sdk/integers.ts";
import { answerOf } from "../../sdk/json.ts";
import { type CallSpec, promiseCall } from "../../sdk/promises.ts";
import { execute } from "../engine/run.ts";
import { burnEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import { promiseNotification } from "../intents/notification.ts";
import { VerifierState } from "../state/verifier-state.ts";
import type { TokenList } from "../withdrawals/taken-tokens.ts";
import { readDepositMessage } from "./deposit-message.ts";
import { mintTokens } from "./minted-tokens.ts";

export interface Deposit {
  readonly senderId: string;
  readonly previousOwnerIds: readonly string[];
  readonly tokens: TokenList;
  readonly msg: string;
}

/**
 * Credits the tokens that a token contract has handed over, and carries out `msg`.
 * @param resolveWith makes the callback, given the receiver, that answers the amounts that the notified receiver returns
 * @returns the promise of that answer, or undefined where all is kept
 */
export function acceptDeposit(
  env: Env,
  { senderId, previousOwnerIds, tokens, msg }: Deposit,
  resolveWith: (receiverId: string) => Pick<CallSpec, "method" | "args">,
): PromiseIndex | undefined {
  const { receiverId, action } = readDepositMessage(msg, senderId);
  mintTokens(env, new VerifierState(env.storage), receiverId, tokens, "deposit");
  switch (action?.kind) {
    case undefined:
      return undefined;
    case "execute":
      if (action.refundIfFails) execute(env, action.payloads);
      else if (action.json.length > 0) {
        promiseCall(env, env.current, { method: "execute_intents", args: { signed: action.json } });
      }
      return undefined;
    case "notify": {
      const [tokenIds, amounts] = [tokens.map(([tokenId]) => tokenId), tokens.map(([, amount]) => amount)];
      const delivery = { senderId, previousOwnerIds, receiverId, tokenIds, amounts };
      const notified = promiseNotification(env, delivery, action.notification.msg, action.notification.min_gas ?? 0n);
      const gas = verifierGas.resolveDepositBase + verifierGas.resolveDepositPerToken * BigInt(tokens.length);
      return promiseCall(env, env.current, { ...resolveWith(receiverId), gas, gasWeight: 0n }, notified);
    }
  }
}

/**
 * Takes back the amounts that the notified receiver returns, as far as it still has them; all of them, if it failed or answered
 * nonsense.
 * @returns amounts of each token that go back to its contract
 */
export function takeBack(env: Env, receiverId: string, tokens: TokenList): readonly bigint[] {
  const { balances } = new VerifierState(env.storage);
  const [result] = env.promiseResults;
  const answer = result ? answerOf(result, list(u128Text)) : undefined;
  const wanted = answer?.length === tokens.length ? answer : undefined;
  const refunds = tokens.map(([tokenId, deposited], index) => {
    const refund = least(wanted?.[index] ?? deposited, deposited, balances.of(receiverId, tokenId));
    if (refund > 0n) balances.forceBurn(receiverId, tokenId, refund);
    return refund;
  });
  const back = tokens.flatMap(([tokenId], index): TokenList => {
    const refund = refunds[index] ?? 0n;
    return refund > 0n ? [[tokenId, refund]] : [];
  });
  if (back.length > 0) env.log(burnEvent([{ ownerId: receiverId, tokens: back, memo: "refund" }]));
  return refunds;
}
