import { FormatError } from "../../../crypto/format-error.ts";
import { accountId, list, object, text } from "../../sdk/decoder.ts";
import { u128Text } from "../../sdk/integers.ts";
import { change, json, type Method, promised } from "../../sdk/method.ts";
import { panic, require } from "../../sdk/panic.ts";
import { verifierGas } from "../gas.ts";
import { parseTokenId } from "../token-id.ts";
import type { TokenList } from "../withdrawals/taken-tokens.ts";
import { amountsAnswer } from "../withdrawals/token-withdrawal.ts";
import { acceptDeposit, takeBack } from "./deposit.ts";

const options = { gas: verifierGas.deposit } as const;
const resolveOptions = { gas: verifierGas.resolve, private: true } as const;

/** NEP-141: called by the token; answers the unused amount, as a string. */
const ftOnTransfer = change(
  options,
  object({ sender_id: accountId, amount: u128Text, msg: text }),
  (env, { sender_id, amount, msg }) => {
    require(amount > 0n, "zero amount");
    const tokens: TokenList = [[`nep141:${env.predecessor}`, amount]];
    const deposit = { senderId: sender_id, previousOwnerIds: [sender_id], tokens, msg };
    const promise = acceptDeposit(env, deposit, (receiver_id) => ({
      method: "ft_resolve_deposit",
      args: { receiver_id, contract_id: env.predecessor, amount: amount.toString() },
    }));
    return promise === undefined ? json("0") : promised(promise);
  },
);

const ftResolveDeposit = change(
  resolveOptions,
  object({ receiver_id: accountId, contract_id: accountId, amount: u128Text }),
  (env, { receiver_id, contract_id, amount }) => {
    const [refund = 0n] = takeBack(env, receiver_id, [[`nep141:${contract_id}`, amount]]);
    return json(refund.toString());
  },
);

/** NEP-171: called by the token; answers whether to send it back. */
const nftOnTransfer = change(
  options,
  object({ sender_id: accountId, previous_owner_id: accountId, token_id: text, msg: text }),
  (env, { sender_id, previous_owner_id, token_id, msg }) => {
    const tokens: TokenList = [[checked(`nep171:${env.predecessor}:${token_id}`), 1n]];
    const deposit = { senderId: sender_id, previousOwnerIds: [previous_owner_id], tokens, msg };
    const promise = acceptDeposit(env, deposit, (receiver_id) => ({
      method: "nft_resolve_deposit",
      args: { receiver_id, contract_id: env.predecessor, nft_token_id: token_id },
    }));
    return promise === undefined ? json(false) : promised(promise);
  },
);

const nftResolveDeposit = change(
  resolveOptions,
  object({ receiver_id: accountId, contract_id: accountId, nft_token_id: text }),
  (env, { receiver_id, contract_id, nft_token_id }) => {
    const [refund] = takeBack(env, receiver_id, [[`nep171:${contract_id}:${nft_token_id}`, 1n]]);
    return json(refund === 1n);
  },
);

/** NEP-245: called by the token; answers the unused amount of each. */
const mtOnTransfer = change(
  options,
  object({
    sender_id: accountId,
    previous_owner_ids: list(accountId),
    token_ids: list(text),
    amounts: list(u128Text),
    msg: text,
  }),
  (env, { sender_id, previous_owner_ids, token_ids, amounts, msg }) => {
    const isParallel = token_ids.length === amounts.length && previous_owner_ids.length === amounts.length;
    require(isParallel && amounts.length > 0, "invalid args");
    require(env.predecessor !== env.current, "self-wrapping is not allowed");
    require(amounts.every((amount) => amount > 0n), "invalid intent");
    const tokens = multiTokens(env.predecessor, token_ids, amounts);
    const deposit = { senderId: sender_id, previousOwnerIds: previous_owner_ids, tokens, msg };
    const promise = acceptDeposit(env, deposit, (receiver_id) => ({
      method: "mt_resolve_deposit",
      args: { receiver_id, contract_id: env.predecessor, token_ids, amounts: amounts.map(String) },
    }));
    return promise === undefined ? amountsAnswer(amounts.map(() => 0n)) : promised(promise);
  },
);

const mtResolveDeposit = change(
  resolveOptions,
  object({ receiver_id: accountId, contract_id: accountId, token_ids: list(text), amounts: list(u128Text) }),
  (env, { receiver_id, contract_id, token_ids, amounts }) =>
    amountsAnswer(takeBack(env, receiver_id, multiTokens(contract_id, token_ids, amounts))),
);

export const depositMethods: Readonly<Record<string, Method>> = {
  ft_on_transfer: ftOnTransfer,
  ft_resolve_deposit: ftResolveDeposit,
  nft_on_transfer: nftOnTransfer,
  nft_resolve_deposit: nftResolveDeposit,
  mt_on_transfer: mtOnTransfer,
  mt_resolve_deposit: mtResolveDeposit,
};

function multiTokens(contractId: string, ids: readonly string[], amounts: readonly bigint[]): TokenList {
  return ids.map((id, index) => [checked(`nep245:${contractId}:${id}`), amounts[index] ?? 0n]);
}

/** @throws ContractPanic for an id that is too long to be stored */
function checked(tokenId: string): string {
  try {
    return parseTokenId(tokenId);
  } catch (error) {
    if (error instanceof FormatError) panic(error.message);
    throw error;
  }
}
