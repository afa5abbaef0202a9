import { AccountIdError, parseAccountId } from "../../../crypto/account-id.ts";
import { DecodeError } from "../../sdk/decode-error.ts";
import { accountId, anything, bool, type Decoder, defaulting, list, object, orNothing } from "../../sdk/decoder.ts";
import { readJson } from "../../sdk/json.ts";
import { panic } from "../../sdk/panic.ts";
import { type Notification, notification } from "../intents/notification.ts";
import { multiPayload } from "../payload/multi-payload.ts";
import type { SignedPayload } from "../payload/signed-payload.ts";

/** A deposit's parsed `msg`. */
export interface DepositMessage {
  readonly receiverId: string;
  readonly action?:
    | {
        readonly kind: "execute";
        readonly payloads: readonly SignedPayload[];
        /** The payloads as they came, to be passed on. */
        readonly json: readonly unknown[];
        /** Executes in the deposit's own receipt, so that a refusal gives the tokens back. */
        readonly refundIfFails: boolean;
      }
    | { readonly kind: "notify"; readonly notification: Notification };
}

const receiver = object({ receiver_id: accountId });
const execution = object({ execute_intents: list(multiPayload), refund_if_fails: defaulting(bool, false) });
const executionJson = object({ execute_intents: list(anything) });

const message: Decoder<DepositMessage> = {
  decode(value) {
    const { receiver_id: receiverId } = receiver.decode(value);
    // As in the real contract, an unreadable action is ignored, and the deposit stands.
    const execute = orNothing(execution).decode(value);
    if (execute) {
      const { execute_intents: payloads, refund_if_fails: refundIfFails } = execute;
      const { execute_intents: json } = executionJson.decode(value);
      return { receiverId, action: { kind: "execute", payloads, json, refundIfFails } };
    }
    const notify = orNothing(notification).decode(value);
    return notify ? { receiverId, action: { kind: "notify", notification: notify } } : { receiverId };
  },
};

/**
 * Empty: to the sender. An account id: to that account. A JSON object: to its `receiver_id`, with an action.
 * @throws ContractPanic for anything else
 */
export function readDepositMessage(msg: string, senderId: string): DepositMessage {
  if (msg === "") return { receiverId: senderId };
  try {
    return msg.startsWith("{") ? readJson(msg, message) : { receiverId: parseAccountId(msg) };
  } catch (error) {
    if (error instanceof AccountIdError) panic(error.message);
    if (error instanceof DecodeError) panic(`JSON: ${error.message}`);
    throw error;
  }
}
