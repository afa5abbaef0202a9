import type { Env, PromiseIndex } from "../../../contract.ts";
import { type Decoder, object, optional, text } from "../../sdk/decoder.ts";
import { u64Text } from "../../sdk/integers.ts";
import { promiseCall } from "../../sdk/promises.ts";

/** A request to call the receiver's `mt_on_transfer`. */
export interface Notification {
  readonly msg: string;
  /** Gas units. */
  readonly min_gas: bigint | undefined;
}

export const notification: Decoder<Notification> = object<Notification>({ msg: text, min_gas: optional(u64Text) });

/** The arguments of `mt_on_transfer`, tokens and amounts in parallel. */
export interface Delivery {
  readonly senderId: string;
  readonly previousOwnerIds: readonly string[];
  readonly receiverId: string;
  readonly tokenIds: readonly string[];
  readonly amounts: readonly bigint[];
}

/** Calls the receiver (NEP-245), with this static gas and a share of the unused gas. */
export function promiseNotification(env: Env, delivery: Delivery, msg: string, gas: bigint): PromiseIndex {
  const { senderId, previousOwnerIds, receiverId, tokenIds, amounts } = delivery;
  return promiseCall(env, receiverId, {
    method: "mt_on_transfer",
    args: {
      sender_id: senderId,
      previous_owner_ids: previousOwnerIds,
      token_ids: tokenIds,
      amounts: amounts.map(String),
      msg,
    },
    gas,
  });
}
