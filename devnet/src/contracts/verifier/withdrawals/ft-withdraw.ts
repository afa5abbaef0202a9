import { accountId, bool, type Decoder, object } from "../../sdk/decoder.ts";
import { least, u128Text } from "../../sdk/integers.ts";
import { answerOf } from "../../sdk/json.ts";
import { change, json, type Method } from "../../sdk/method.ts";
import { TGAS } from "../../sdk/promises.ts";
import { mintTokens } from "../deposits/minted-tokens.ts";
import type { Intent } from "../engine/execution.ts";
import { verifierGas } from "../gas.ts";
import { VerifierState } from "../state/verifier-state.ts";
import {
  type TokenWithdrawal,
  transferGas,
  type WithdrawalKind,
  withdrawalFields,
  withdrawalIntent,
  withdrawalJson,
  withdrawalMethods,
} from "./token-withdrawal.ts";

interface FtWithdraw extends TokenWithdrawal {
  readonly amount: bigint;
}

const ftWithdraw: Decoder<FtWithdraw> = object<FtWithdraw>({ ...withdrawalFields, amount: u128Text });

const GAS = {
  plain: { min: 15n * TGAS, fallback: 15n * TGAS },
  call: { min: 30n * TGAS, fallback: 50n * TGAS },
} as const;

const kind: WithdrawalKind<FtWithdraw> = {
  name: "ft_withdraw",
  taken: ({ token, amount }) => [[`nep141:${token}`, amount]],
  transfer(withdraw) {
    const { receiver_id, msg, memo = null } = withdraw;
    const args = { receiver_id, amount: withdraw.amount.toString(), memo };
    const gas = transferGas(withdraw, GAS);
    if (msg === undefined) return { method: "ft_transfer", args, gas };
    return { method: "ft_transfer_call", args: { ...args, msg }, gas };
  },
  resolve: ({ token, amount, msg }, ownerId) => ({
    method: "ft_resolve_withdraw",
    args: { token, sender_id: ownerId, amount: amount.toString(), is_call: msg !== undefined },
    gas: verifierGas.ftResolveWithdraw,
    gasWeight: 0n,
  }),
  json: (withdraw) => withdrawalJson(withdraw, { amount: withdraw.amount.toString() }),
};

export const ftWithdrawIntent: Decoder<Intent> = {
  decode: (value) => withdrawalIntent(kind, ftWithdraw.decode(value)),
};

const resolveArgs = object({ token: accountId, sender_id: accountId, amount: u128Text, is_call: bool });

/** Answers the amount that left for good, and mints the rest back. */
const ftResolveWithdraw = change({ gas: verifierGas.resolve, private: true }, resolveArgs, (env, args) => {
  const { token, sender_id, amount, is_call } = args;
  const used = usedAmount(env.promiseResults[0] ?? null, amount, is_call);
  mintTokens(env, new VerifierState(env.storage), sender_id, [[`nep141:${token}`, amount - used]], "refund");
  return json(used.toString());
});

export const ftWithdrawMethods: Readonly<Record<string, Method>> = {
  ...withdrawalMethods(kind, ftWithdraw),
  ft_resolve_withdraw: ftResolveWithdraw,
};

/** A failed `ft_transfer_call` is not refunded: the token may have moved all the same. */
function usedAmount(result: Uint8Array | null, amount: bigint, isCall: boolean): bigint {
  if (result === null) return isCall ? amount : 0n;
  if (!isCall) return result.length === 0 ? amount : 0n;
  return least(answerOf(result, u128Text) ?? 0n, amount);
}
