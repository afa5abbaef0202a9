import { accountId, bool, type Decoder, object, text } from "../../sdk/decoder.ts";
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

interface NftWithdraw extends TokenWithdrawal {
  readonly token_id: string;
}

const nftWithdraw: Decoder<NftWithdraw> = object<NftWithdraw>({ ...withdrawalFields, token_id: text });

const GAS = {
  plain: { min: 15n * TGAS, fallback: 15n * TGAS },
  call: { min: 30n * TGAS, fallback: 50n * TGAS },
} as const;

const kind: WithdrawalKind<NftWithdraw> = {
  name: "nft_withdraw",
  taken: ({ token, token_id }) => [[`nep171:${token}:${token_id}`, 1n]],
  transfer(withdraw) {
    const { receiver_id, token_id, msg, memo = null } = withdraw;
    const args = { receiver_id, token_id, approval_id: null, memo };
    const gas = transferGas(withdraw, GAS);
    if (msg === undefined) return { method: "nft_transfer", args, gas };
    return { method: "nft_transfer_call", args: { ...args, msg }, gas };
  },
  resolve: ({ token, token_id, msg }, ownerId) => ({
    method: "nft_resolve_withdraw",
    args: { token, sender_id: ownerId, token_id, is_call: msg !== undefined },
    gas: verifierGas.nftResolveWithdraw,
    gasWeight: 0n,
  }),
  json: (withdraw) => withdrawalJson(withdraw, { token_id: withdraw.token_id }),
};

export const nftWithdrawIntent: Decoder<Intent> = {
  decode: (value) => withdrawalIntent(kind, nftWithdraw.decode(value)),
};

const resolveArgs = object({ token: accountId, sender_id: accountId, token_id: text, is_call: bool });

/** Answers whether the token left for good, and mints it back if not. */
const nftResolveWithdraw = change({ gas: verifierGas.resolve, private: true }, resolveArgs, (env, args) => {
  const { token, sender_id, token_id, is_call } = args;
  const isUsed = hasLeft(env.promiseResults[0] ?? null, is_call);
  const back = isUsed ? 0n : 1n;
  mintTokens(env, new VerifierState(env.storage), sender_id, [[`nep171:${token}:${token_id}`, back]], "refund");
  return json(isUsed);
});

export const nftWithdrawMethods: Readonly<Record<string, Method>> = {
  ...withdrawalMethods(kind, nftWithdraw),
  nft_resolve_withdraw: nftResolveWithdraw,
};

/** A failed `nft_transfer_call` is not refunded: the token may have moved all the same. */
function hasLeft(result: Uint8Array | null, isCall: boolean): boolean {
  if (result === null) return isCall;
  return isCall ? (answerOf(result, bool) ?? false) : result.length === 0;
}
