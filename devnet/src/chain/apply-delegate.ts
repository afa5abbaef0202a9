import { delegateHash } from "../crypto/delegate.ts";
import { formatKey } from "../crypto/keys.ts";
import { verifyHash } from "../crypto/sign.ts";
import { checkCallPermission } from "./access.ts";
import { ActionFailure } from "./errors.ts";
import { delegateSendFees, receiptGas } from "./fees.ts";
import type { ReceiptContext } from "./receipt-context.ts";
import { nonceRange } from "./state.ts";
import type { DelegatedAction } from "./types.ts";

/**
 * NEP-366 as the runtime executes it, on the sender's account: checks the delegate, uses up its nonce on the sender's key, and makes
 * a receipt whose predecessor is the sender and whose gas the outer transaction's signer has paid.
 * @returns gas used and burnt
 * @throws ActionFailure
 */
export function applyDelegate(context: ReceiptContext, action: DelegatedAction): { gasBurnt: bigint; gasUsed: bigint } {
  const { receipt, block } = context;
  const { delegateAction: delegate, signature } = action.signedDelegate;
  if (!verifyHash(delegate.publicKey, delegateHash(delegate), signature)) {
    throw new ActionFailure("DelegateActionInvalidSignature");
  }
  if (block.height > delegate.maxBlockHeight) throw new ActionFailure("DelegateActionExpired");
  if (delegate.senderId !== receipt.receiver) {
    const error = { sender_id: delegate.senderId, receiver_id: receipt.receiver };
    throw new ActionFailure({ DelegateActionSenderDoesNotMatchTxReceiver: error });
  }
  useNonce(context, action);
  context.emit({
    predecessor: delegate.senderId,
    receiver: delegate.receiverId,
    signer: receipt.signer,
    signerPublicKey: receipt.signerPublicKey,
    gasPrice: receipt.gasPrice,
    actions: delegate.actions,
    inputDataIds: [],
    outputs: [],
    isYield: false,
  });
  const gasBurnt = delegateSendFees(delegate);
  return { gasBurnt, gasUsed: gasBurnt + receiptGas(delegate.actions) };
}

function useNonce({ state, block }: ReceiptContext, { signedDelegate }: DelegatedAction): void {
  const { senderId, receiverId, nonce, actions, publicKey } = signedDelegate.delegateAction;
  const keyText = formatKey(publicKey);
  const key = state.accessKey(senderId, keyText);
  if (key === undefined) {
    const error = { AccessKeyNotFound: { account_id: senderId, public_key: keyText } };
    throw new ActionFailure({ DelegateActionAccessKeyError: error });
  }
  if (nonce <= key.nonce) {
    throw new ActionFailure({ DelegateActionInvalidNonce: { delegate_nonce: nonce, ak_nonce: key.nonce } });
  }
  const upperBound = block.height * nonceRange;
  if (nonce > upperBound) {
    throw new ActionFailure({ DelegateActionNonceTooLarge: { delegate_nonce: nonce, upper_bound: upperBound } });
  }
  const refusal = checkCallPermission(key.permission, receiverId, actions);
  if (refusal !== undefined) throw new ActionFailure({ DelegateActionAccessKeyError: refusal });
  state.setAccessKey(senderId, keyText, { ...key, nonce });
}
