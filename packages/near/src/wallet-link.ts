import { createTransaction, encodeTransaction, actions as nearActions, PublicKey } from "near-api-js";
import { encodeBase58, encodeBase64 } from "./encoding.ts";
import type { FunctionCallTransaction } from "./transaction.ts";

/** The key and block of a transaction that its wallet has still to complete. */
const unset = new Uint8Array(32);

/**
 * The page of a web wallet that asks its user to sign and send a call: `/sign?transactions=`, base64 of the unsigned transaction in
 * Borsh. The wallet puts in key, nonce and block hash of its own. Source: near-api-js `requestSignTransactions`, and MyNearWallet,
 * which makes the transaction anew from receiver and actions.
 * @param walletUrl without a slash at its end
 */
export function walletLink(walletUrl: string, call: Omit<FunctionCallTransaction, "nonce" | "blockHash">): string {
  const unsigned = createTransaction(
    call.signerId,
    PublicKey.fromString(`ed25519:${encodeBase58(unset)}`),
    call.receiverId,
    0n,
    [nearActions.functionCall(call.methodName, call.args, call.gas, call.deposit)],
    unset,
  );
  return `${walletUrl}/sign?${new URLSearchParams({ transactions: encodeBase64(encodeTransaction(unsigned)) })}`;
}
