/**
 * Methods of published standards that act on what the predecessor owns. For a plain call the predecessor is the gate, for every
 * wallet, so its holdings belong to others.
 */
const actsForItsCaller: ReadonlySet<string> = new Set([
  // NEP-145: storage deposits of the gate.
  "storage_withdraw",
  "storage_unregister",
  // wNEAR, and NEAR held in the verifier.
  "near_withdraw",
  "native_withdraw",
  // Keys of accounts in the verifier, and in contracts built like it.
  "add_public_key",
  "remove_public_key",
  "disable_auth_by_predecessor_id",
  // Older token standards (NEP-4, NEP-21), in the manner of ERC-20.
  "transfer",
  "transfer_from",
  "transfer_call",
  "approve",
  "inc_allowance",
  "dec_allowance",
  "grant_access",
  "revoke_access",
  "burn",
]);

/** Prefixes of methods of NEP-141, NEP-171 and NEP-245, and of extensions. */
const tokenMethod = /^(?:ft|nft|mt)_/;

/** The view methods among them. Every other method, known or to come, may transfer, approve, withdraw, mint or burn. */
const tokenViews: ReadonlySet<string> = new Set([
  "ft_balance_of",
  "ft_metadata",
  "ft_total_supply",
  "mt_balance_of",
  "mt_batch_balance_of",
  "mt_batch_supply",
  "mt_is_approved",
  "mt_metadata_base_by_token_id",
  "mt_metadata_contract",
  "mt_metadata_token_all",
  "mt_supply",
  "mt_token",
  "mt_tokens",
  "mt_tokens_for_owner",
  "nft_is_approved",
  "nft_metadata",
  "nft_payout",
  "nft_supply_for_owner",
  "nft_token",
  "nft_tokens",
  "nft_tokens_for_owner",
  "nft_total_supply",
]);

/**
 * Why a call may not go through the gate, for any wallet; undefined where it may. The gate is the predecessor of all calls
 * through it. The verifier takes signed intents from any predecessor, and authorizes everything else by the predecessor.
 */
export function predecessorCallProblem(
  call: { readonly receiverId: string; readonly methodName: string },
  verifierId: string,
): string | undefined {
  const { receiverId, methodName } = call;
  if (receiverId === verifierId && methodName !== "execute_intents") {
    return `at ${verifierId} the gate may call execute_intents alone, for all else there is done in the gate's own name`;
  }
  if (!actsForItsCaller.has(methodName) && (!tokenMethod.test(methodName) || tokenViews.has(methodName)))
    return undefined;
  return `${methodName} acts on what belongs to its caller, and through the gate that is the gate, for everybody`;
}
