import { formatKey } from "../crypto/keys.ts";
import type { NewReceipt } from "./receipt-context.ts";

/** The predecessor of refunds. */
export const systemAccount = "system";

/** nearcore's `PublicKey::empty`, in receipts whose gas nobody bought. */
export const emptyKey = formatKey({ curve: "ed25519", data: new Uint8Array(32) });

/** Returns a deposit, or a deleted account's balance to its beneficiary. */
export function balanceRefund(receiver: string, amount: bigint): NewReceipt {
  return refund(receiver, amount, emptyKey);
}

/** Returns gas to its buyer; the key's allowance grows by it again. */
export function gasRefund(signer: string, signerPublicKey: string, amount: bigint): NewReceipt {
  return refund(signer, amount, signerPublicKey);
}

function refund(receiver: string, amount: bigint, signerPublicKey: string): NewReceipt {
  return {
    predecessor: systemAccount,
    receiver,
    signer: receiver,
    signerPublicKey,
    gasPrice: 0n,
    actions: [{ kind: "transfer", deposit: amount }],
    inputDataIds: [],
    outputs: [],
    isYield: false,
  };
}
