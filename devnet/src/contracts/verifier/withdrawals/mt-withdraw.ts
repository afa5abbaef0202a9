import { accountId, bool, type Decoder, list, object, text } from "../../sdk/decoder.ts";
import { least, u128Text } from "../../sdk/integers.ts";
import { answerOf } from "../../sdk/json.ts";
import { change, type Method } from "../../sdk/method.ts";
import { require } from "../../sdk/panic.ts";
import { TGAS } from "../../sdk/promises.ts";
import { mintTokens } from "../deposits/minted-tokens.ts";
import type { Intent } from "../engine/execution.ts";
import { verifierGas } from "../gas.ts";
import { VerifierState } from "../state/verifier-state.ts";
import type { TokenList } from "./taken-tokens.ts";
import {
  amountsAnswer,
  type TokenWithdrawal,
  transferGas,
  type WithdrawalKind,
  withdrawalFields,
  withdrawalIntent,
  withdrawalJson,
  withdrawalMethods,
} from "./token-withdrawal.ts";

interface MtWithdraw extends TokenWithdrawal {
  readonly token_ids: readonly string[];
  readonly amounts: readonly bigint[];
}

const mtWithdraw: Decoder<MtWithdraw> = object<MtWithdraw>({
  ...withdrawalFields,
  token_ids: list(text),
  amounts: list(u128Text),
});

const GAS = {
  plain: { min: 20n * TGAS, fallback: 20n * TGAS },
  call: { min: 35n * TGAS, fallback: 50n * TGAS },
} as const;

const kind: WithdrawalKind<MtWithdraw> = {
  name: "mt_withdraw",
  taken({ token, token_ids, amounts }) {
    require(token_ids.length === amounts.length && amounts.length > 0, "invalid intent");
    return tokenList(token, token_ids, amounts);
  },
  transfer(withdraw) {
    const { receiver_id, token_ids, msg, memo = null } = withdraw;
    const args = { receiver_id, token_ids, amounts: withdraw.amounts.map(String), memo };
    const gas = transferGas(withdraw, GAS);
    if (msg === undefined) return { method: "mt_batch_transfer", args, gas };
    return { method: "mt_batch_transfer_call", args: { ...args, msg }, gas };
  },
  resolve: ({ token, token_ids, amounts, msg }, ownerId) => ({
    method: "mt_resolve_withdraw",
    args: { token, sender_id: ownerId, token_ids, amounts: amounts.map(String), is_call: msg !== undefined },
    gas: verifierGas.mtResolveWithdraw,
    gasWeight: 0n,
  }),
  json: (withdraw) =>
    withdrawalJson(withdraw, { token_ids: withdraw.token_ids, amounts: withdraw.amounts.map(String) }),
};

export const mtWithdrawIntent: Decoder<Intent> = {
  decode: (value) => withdrawalIntent(kind, mtWithdraw.decode(value)),
};

const resolveArgs = object({
  token: accountId,
  sender_id: accountId,
  token_ids: list(text),
  amounts: list(u128Text),
  is_call: bool,
});

/** Answers the amounts that left for good, and mints the rest back. */
const mtResolveWithdraw = change({ gas: verifierGas.resolve, private: true }, resolveArgs, (env, args) => {
  const { token, sender_id, token_ids, amounts, is_call } = args;
  require(token_ids.length === amounts.length && amounts.length > 0, "invalid args");
  const used = usedAmounts(env.promiseResults[0] ?? null, amounts, is_call);
  const back = amounts.map((amount, index) => amount - (used[index] ?? 0n));
  mintTokens(env, new VerifierState(env.storage), sender_id, tokenList(token, token_ids, back), "refund");
  return amountsAnswer(used);
});

export const mtWithdrawMethods: Readonly<Record<string, Method>> = {
  ...withdrawalMethods(kind, mtWithdraw),
  mt_resolve_withdraw: mtResolveWithdraw,
};

function tokenList(token: string, ids: readonly string[], amounts: readonly bigint[]): TokenList {
  return ids.map((id, index) => [`nep245:${token}:${id}`, amounts[index] ?? 0n]);
}

/** A failed `mt_batch_transfer_call` is not refunded: tokens may have moved all the same. */
function usedAmounts(result: Uint8Array | null, amounts: readonly bigint[], isCall: boolean): readonly bigint[] {
  const none = amounts.map(() => 0n);
  if (result === null) return isCall ? amounts : none;
  if (!isCall) return result.length === 0 ? amounts : none;
  const used = answerOf(result, list(u128Text)) ?? none;
  if (used.length !== amounts.length) return none;
  return amounts.map((amount, index) => least(used[index] ?? 0n, amount));
}
