import { accountId, type Decoder, object, optional, text } from "../sdk/decoder.ts";
import { least, u128Text } from "../sdk/integers.ts";
import { answerOf } from "../sdk/json.ts";
import { change, json, type Method, nothing, promised } from "../sdk/method.ts";
import { assertOneYocto } from "../sdk/one-yocto.ts";
import { require } from "../sdk/panic.ts";
import { promiseCall, TGAS } from "../sdk/promises.ts";
import { Ledger, logTransfer } from "./ledger.ts";

interface TransferArgs {
  readonly receiver_id: string;
  readonly amount: bigint;
  readonly memo: string | undefined;
}

interface TransferCallArgs extends TransferArgs {
  readonly msg: string;
}

interface ResolveArgs {
  readonly sender_id: string;
  readonly receiver_id: string;
  readonly amount: bigint;
}

const transferArgs: Decoder<TransferArgs> = object<TransferArgs>({
  receiver_id: accountId,
  amount: u128Text,
  memo: optional(text),
});

const transferCallArgs: Decoder<TransferCallArgs> = object<TransferCallArgs>({
  receiver_id: accountId,
  amount: u128Text,
  memo: optional(text),
  msg: text,
});

const resolveArgs: Decoder<ResolveArgs> = object<ResolveArgs>({
  sender_id: accountId,
  receiver_id: accountId,
  amount: u128Text,
});

/** Gas that near-contract-standards withholds from the receiver's call: its own work and `ft_resolve_transfer`. */
const TRANSFER_CALL_GAS = 30n * TGAS;
const RESOLVE_GAS = 5n * TGAS;

const ftTransfer = change({ gas: 2n * TGAS, payable: true }, transferArgs, (env, { receiver_id, amount, memo }) => {
  assertOneYocto(env);
  new Ledger(env.storage).transfer(env, env.predecessor, receiver_id, amount, memo);
  return nothing();
});

/** Transfers, notifies the receiver with `ft_on_transfer`, and takes back the amount that the answer calls unused. */
const ftTransferCall = change({ gas: 8n * TGAS, payable: true }, transferCallArgs, (env, transfer) => {
  assertOneYocto(env);
  require(env.prepaidGas > TRANSFER_CALL_GAS, "More gas is required");
  const { receiver_id, msg, memo } = transfer;
  const sender_id = env.predecessor;
  new Ledger(env.storage).transfer(env, sender_id, receiver_id, transfer.amount, memo);
  const amount = transfer.amount.toString();
  const notified = promiseCall(env, receiver_id, {
    method: "ft_on_transfer",
    args: { sender_id, amount, msg },
    gas: env.prepaidGas - TRANSFER_CALL_GAS,
  });
  const resolve = { method: "ft_resolve_transfer", args: { sender_id, receiver_id, amount }, gas: RESOLVE_GAS };
  return promised(promiseCall(env, env.current, resolve, notified));
});

/** Answers the amount that the receiver used. A receiver that failed, or answered nonsense, used nothing. */
const ftResolveTransfer = change({ gas: 2n * TGAS, private: true }, resolveArgs, (env, transfer) => {
  const { sender_id, receiver_id, amount } = transfer;
  const ledger = new Ledger(env.storage);
  const [answer] = env.promiseResults;
  const unused = least(amount, (answer && answerOf(answer, u128Text)) ?? amount);
  const refund = least(unused, ledger.balanceOf(receiver_id));
  if (refund > 0n) {
    ledger.take(receiver_id, refund);
    ledger.give(sender_id, refund);
    logTransfer(env, receiver_id, sender_id, refund, "refund");
  }
  return json((amount - refund).toString());
});

export const transferMethods: Readonly<Record<string, Method>> = {
  ft_transfer: ftTransfer,
  ft_transfer_call: ftTransferCall,
  ft_resolve_transfer: ftResolveTransfer,
};
