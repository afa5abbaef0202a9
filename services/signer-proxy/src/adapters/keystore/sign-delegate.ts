import { encodeBase64 } from "@outlayer/near";
import { z } from "zod";
import type { Approved, DelegateAnswer, DelegateRequest } from "../../core/keystore.ts";
import { approvalInfo } from "./approval-info.ts";
import type { KeystoreHttp } from "./http.ts";

export const signDelegatePath = "/wallet/sign-nep366-delegate";

// Numbers from 2^53 on have lost digits here. We request none so large, so such an answer is wrong anyway.
const height = z.int().min(0).transform(BigInt);

const answer = z.object({
  signed_delegate_base64: z.string(),
  delegate_hash: z.string(),
  sender_id: z.string(),
  public_key: z.string(),
  nonce: height,
  max_block_height: height,
});

/** @param request with numbers below 2^53 only @throws KeystoreError */
export async function signDelegate(
  http: KeystoreHttp,
  { walletId, delegate, currentBlockHeight, approval }: DelegateRequest & Approved,
  signal: AbortSignal,
): Promise<DelegateAnswer> {
  const body = {
    wallet_id: walletId,
    sender_id: delegate.senderId,
    receiver_id: delegate.receiverId,
    method_name: delegate.methodName,
    args_base64: encodeBase64(delegate.args),
    gas: Number(delegate.gas),
    deposit: delegate.deposit.toString(),
    nonce: Number(delegate.nonce),
    max_block_height: Number(delegate.maxBlockHeight),
    ...(currentBlockHeight === 0n ? {} : { current_block_height: Number(currentBlockHeight) }),
    ...approvalInfo(approval),
  };
  const given = await http.post(signDelegatePath, body, answer, signal);
  return {
    signedDelegateBase64: given.signed_delegate_base64,
    delegateHash: given.delegate_hash,
    senderId: given.sender_id,
    publicKey: given.public_key,
    nonce: given.nonce,
    maxBlockHeight: given.max_block_height,
  };
}
