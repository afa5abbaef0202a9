import { unknownVariant } from "../../sdk/decode-error.ts";
import { type Decoder, object, text } from "../../sdk/decoder.ts";
import type { Intent } from "../engine/execution.ts";
import { authCallIntent } from "../withdrawals/auth-call.ts";
import { ftWithdrawIntent } from "../withdrawals/ft-withdraw.ts";
import { mtWithdrawIntent } from "../withdrawals/mt-withdraw.ts";
import { nativeWithdrawIntent } from "../withdrawals/native-withdraw.ts";
import { nftWithdrawIntent } from "../withdrawals/nft-withdraw.ts";
import { storageDepositIntent } from "../withdrawals/storage-deposit.ts";
import { addPublicKeyIntent, removePublicKeyIntent, setAuthByPredecessorIntent } from "./account-intents.ts";
import { tokenDiffIntent } from "./token-diff.ts";
import { transferIntent } from "./transfer.ts";

/** In the order in which a refusal lists them. */
const kinds: ReadonlyMap<string, Decoder<Intent>> = new Map([
  ["add_public_key", addPublicKeyIntent],
  ["remove_public_key", removePublicKeyIntent],
  ["transfer", transferIntent],
  ["ft_withdraw", ftWithdrawIntent],
  ["nft_withdraw", nftWithdrawIntent],
  ["mt_withdraw", mtWithdrawIntent],
  ["native_withdraw", nativeWithdrawIntent],
  ["storage_deposit", storageDepositIntent],
  ["token_diff", tokenDiffIntent],
  ["set_auth_by_predecessor_id", setAuthByPredecessorIntent],
  ["auth_call", authCallIntent],
]);

const tag = object({ intent: text });

/** Decodes an intent by its `intent`. */
export const intent: Decoder<Intent> = {
  decode(value) {
    const { intent: name } = tag.decode(value);
    const kind = kinds.get(name) ?? unknownVariant(name, [...kinds.keys()]);
    return kind.decode(value);
  },
};
