import { parsePublicKey } from "../../../crypto/keys.ts";
import {
  accountId,
  base64Bytes32,
  type Decoder,
  list,
  object,
  optional,
  parsed,
  text,
  u32,
} from "../../sdk/decoder.ts";
import { u128Text } from "../../sdk/integers.ts";
import { type Method, noArguments, view } from "../../sdk/method.ts";
import { saltText } from "../state/salts.ts";
import { VerifierState } from "../state/verifier-state.ts";
import { isTokenId, standardOf } from "../token-id.ts";

const ofAccount = object({ account_id: accountId });
const pageFields = { from_index: optional(u128Text), limit: optional(u32) } as const;

export const views: Readonly<Record<string, Method>> = {
  has_public_key: stateView(
    object({ account_id: accountId, public_key: parsed(parsePublicKey) }),
    ({ accounts }, { account_id, public_key }) => accounts.hasPublicKey(account_id, public_key),
  ),
  public_keys_of: stateView(ofAccount, ({ accounts }, { account_id }) => accounts.publicKeysOf(account_id)),
  is_nonce_used: stateView(
    object({ account_id: accountId, nonce: base64Bytes32 }),
    ({ accounts }, { account_id, nonce }) => accounts.isNonceUsed(account_id, nonce),
  ),
  is_account_locked: stateView(ofAccount, ({ accounts }, { account_id }) => accounts.isLocked(account_id)),
  is_auth_by_predecessor_id_enabled: stateView(ofAccount, ({ accounts }, { account_id }) =>
    accounts.isAuthByPredecessorEnabled(account_id),
  ),

  fee: stateView(noArguments, ({ config }) => config.feePips),
  fee_collector: stateView(noArguments, ({ config }) => config.feeCollectorId),
  current_salt: stateView(noArguments, ({ salts }) => salts.current),
  is_valid_salt: stateView(object({ salt: saltText }), ({ salts }, { salt }) => salts.isValid(salt)),

  mt_balance_of: stateView(
    object({ account_id: accountId, token_id: text }),
    ({ balances }, { account_id, token_id }) => balances.of(account_id, token_id).toString(),
  ),
  mt_batch_balance_of: stateView(
    object({ account_id: accountId, token_ids: list(text) }),
    ({ balances }, { account_id, token_ids }) =>
      token_ids.map((tokenId) => balances.of(account_id, tokenId).toString()),
  ),
  mt_supply: stateView(object({ token_id: text }), ({ balances }, { token_id }) =>
    isTokenId(token_id) ? balances.supplyOf(token_id).toString() : null,
  ),
  mt_token: stateView(object({ token_ids: list(text) }), ({ balances }, { token_ids }) =>
    token_ids.map((token_id) => (balances.supplyOf(token_id) > 0n ? { token_id } : null)),
  ),
  mt_tokens: stateView(object(pageFields), ({ balances }, page) =>
    pageOf(balances.tokens(), page).map((token_id) => ({ token_id })),
  ),
  /** Only NFTs are listed with an owner. */
  mt_tokens_for_owner: stateView(object({ account_id: accountId, ...pageFields }), ({ balances }, args) =>
    pageOf(balances.tokensOf(args.account_id), args).map((token_id) =>
      standardOf(token_id) === "nep171" ? { token_id, owner_id: args.account_id } : { token_id },
    ),
  ),
};

interface Page {
  readonly from_index: bigint | undefined;
  readonly limit: number | undefined;
}

function pageOf(all: readonly string[], { from_index = 0n, limit }: Page): readonly string[] {
  const from = Number(from_index);
  return all.slice(from, limit === undefined ? undefined : from + limit);
}

function stateView<A>(args: Decoder<A>, answer: (state: VerifierState, args: A) => unknown): Method {
  return view(args, (env, read) => answer(new VerifierState(env.storage), read));
}
