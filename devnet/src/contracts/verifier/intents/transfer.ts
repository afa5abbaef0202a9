import type { Env } from "../../../contract.ts";
import { accountId, type Decoder, object, optional, orNothing, text } from "../../sdk/decoder.ts";
import { require } from "../../sdk/panic.ts";
import { promiseCall } from "../../sdk/promises.ts";
import { give, type Intent, receive } from "../engine/execution.ts";
import { intentEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import { amountsJson, type TokenAmounts, tokenAmounts } from "../token-amounts.ts";
import { type Delivery, type Notification, notification, promiseNotification } from "./notification.ts";

const fields = object({ receiver_id: accountId, tokens: tokenAmounts, memo: optional(text) });

/** Moves tokens within the verifier; with `msg` the receiver is called, and may send them back. */
export const transferIntent: Decoder<Intent> = {
  decode(value) {
    const { receiver_id: receiverId, tokens, memo } = fields.decode(value);
    const notify = orNothing(notification).decode(value);
    return (execution, { accountId: senderId, intentHash }) => {
      require(senderId !== receiverId && tokens.size > 0, "invalid intent");
      const moved = { account_id: senderId, receiver_id: receiverId, tokens: amountsJson(tokens), memo };
      execution.effects.emit(intentEvent("transfer", [{ intent_hash: intentHash, ...moved }]));
      give(execution, senderId, tokens);
      receive(execution, receiverId, tokens);
      if (notify)
        execution.effects.schedule((env) => promiseResolved(env, deliveryOf(senderId, receiverId, tokens), notify));
    };
  },
};

function deliveryOf(senderId: string, receiverId: string, tokens: TokenAmounts): Delivery {
  const tokenIds = [...tokens.keys()];
  const previousOwnerIds = tokenIds.map(() => senderId);
  return { senderId, previousOwnerIds, receiverId, tokenIds, amounts: [...tokens.values()] };
}

function promiseResolved(
  env: Env,
  delivery: Delivery,
  { msg, min_gas = verifierGas.notifyDefault }: Notification,
): void {
  const gas = min_gas > verifierGas.notifyMin ? min_gas : verifierGas.notifyMin;
  const notified = promiseNotification(env, delivery, msg, gas);
  const resolve = {
    method: "mt_resolve_transfer",
    args: {
      previous_owner_ids: delivery.previousOwnerIds,
      receiver_id: delivery.receiverId,
      token_ids: delivery.tokenIds,
      amounts: delivery.amounts.map(String),
      approvals: null,
    },
    gas: verifierGas.resolveTransfer,
    gasWeight: 0n,
  };
  promiseCall(env, env.current, resolve, notified);
}
