import { checkCallPermission } from "./access.ts";
import { checkActions } from "./action-limits.ts";
import type { InvalidInclusion } from "./block.ts";
import { InvalidTransaction, type Json } from "./errors.ts";
import { fees, receiptGas, sendFee, totalDeposit, totalSendFees } from "./fees.ts";
import { deriveId } from "./ids.ts";
import { type BlockContext, countBurnt, hopOf } from "./receipt-context.ts";
import { nonceRange, type StateView } from "./state.ts";
import { lackingStake } from "./storage-stake.ts";
import type { AccessKey, ActionReceipt, Transaction } from "./types.ts";

const maxTransactionSize = 1_572_864;

interface Charge {
  readonly key: AccessKey;
  /** Balance after paying for the transaction. */
  readonly balance: bigint;
  readonly paidKey: AccessKey;
  readonly gasBurnt: bigint;
}

/**
 * Checks a transaction against the state of a block that could include it.
 * @param height of the block that would include it
 * @throws InvalidTransaction
 */
export function checkTransaction(state: StateView, transaction: Transaction, height: bigint, gasPrice: bigint): Charge {
  checkForm(transaction);
  const { signer, publicKey, nonce } = transaction;
  const account = state.account(signer);
  if (account === undefined) throw new InvalidTransaction({ SignerDoesNotExist: { signer_id: signer } });
  const key = state.accessKey(signer, publicKey);
  if (key === undefined) {
    throw accessRefusal({ AccessKeyNotFound: { account_id: signer, public_key: publicKey } });
  }
  if (nonce <= key.nonce) throw new InvalidTransaction({ InvalidNonce: { tx_nonce: nonce, ak_nonce: key.nonce } });
  const upperBound = height * nonceRange;
  if (nonce > upperBound) {
    throw new InvalidTransaction({ NonceTooLarge: { tx_nonce: nonce, upper_bound: upperBound } });
  }
  const { gasBurnt, cost } = costOf(transaction, gasPrice);
  if (account.amount < cost) {
    const error = { signer_id: signer, balance: `${account.amount}`, cost: `${cost}` };
    throw new InvalidTransaction({ NotEnoughBalance: error });
  }
  const lacking = lackingStake(state, signer, account.amount - cost);
  if (lacking > 0n) {
    throw new InvalidTransaction({ LackBalanceForState: { signer_id: signer, amount: `${lacking}` } });
  }
  const permission = payFromAllowance(transaction, key, cost);
  const refusal = checkCallPermission(key.permission, transaction.receiver, transaction.actions);
  if (refusal !== undefined) throw accessRefusal(refusal);
  return { key, balance: account.amount - cost, paidKey: { nonce, permission }, gasBurnt };
}

/**
 * Turns a transaction into its receipt, which runs in the next block, and charges the signer for all its gas and deposits.
 * @throws InvalidTransaction before anything is written
 */
export function convertTransaction(block: BlockContext, transaction: Transaction): void {
  const { state, height, gasPrice } = block;
  const { hash, signer, publicKey } = transaction;
  const { balance, paidKey, gasBurnt } = checkTransaction(state, transaction, height, gasPrice);
  const account = state.account(signer);
  if (account === undefined) throw new Error("checked above");
  state.setAccount(signer, { ...account, amount: balance });
  state.setAccessKey(signer, publicKey, paidKey);
  const receipt: ActionReceipt = {
    kind: "action",
    id: deriveId("receipt", hash, height, 0),
    predecessor: signer,
    receiver: transaction.receiver,
    signer,
    signerPublicKey: publicKey,
    gasPrice,
    actions: transaction.actions,
    inputDataIds: [],
    outputs: [],
    isYield: false,
  };
  const tokensBurnt = gasBurnt * gasPrice;
  state.addTransaction(transaction, height);
  state.addReceipt(receipt);
  state.addOutcome({
    id: hash,
    height,
    blockHash: block.hash,
    executor: signer,
    gasBurnt,
    tokensBurnt,
    logs: [],
    receiptIds: [receipt.id],
    status: { kind: "receipt", id: receipt.id },
  });
  state.burn(tokensBurnt);
  countBurnt(block, signer, gasBurnt, tokensBurnt);
  block.outgoing.push(hopOf(block, signer, receipt));
}

/**
 * Records a transaction that was included although it is invalid (protocol 83): it has failed, and costs nothing and uses no nonce, so
 * that its bytes can still land. What has landed stays as it is.
 */
export function leaveFailure(block: BlockContext, { transaction, reason }: InvalidInclusion): void {
  const { state, height } = block;
  const { hash, signer } = transaction;
  const known = state.outcome(hash);
  if (known !== undefined && known.status.kind !== "failure") return;
  state.addTransaction(transaction, height);
  state.addOutcome({
    id: hash,
    height,
    blockHash: block.hash,
    executor: signer,
    gasBurnt: 0n,
    tokensBurnt: 0n,
    logs: [],
    receiptIds: [],
    status: { kind: "failure", error: { InvalidTxError: reason } },
  });
}

/** Gas burnt by the conversion, and the total cost in yocto. */
export function costOf(transaction: Transaction, gasPrice: bigint): { gasBurnt: bigint; cost: bigint } {
  const { actions, signer, receiver } = transaction;
  const toItself = signer === receiver;
  const gasBurnt = sendFee(fees.actionReceipt, toItself) + totalSendFees(actions, toItself);
  return { gasBurnt, cost: (gasBurnt + receiptGas(actions)) * gasPrice + totalDeposit(actions) };
}

function checkForm({ actions, size, hasValidSignature }: Transaction): void {
  if (size > maxTransactionSize) {
    throw new InvalidTransaction({ TransactionSizeExceeded: { size, limit: maxTransactionSize } });
  }
  if (!hasValidSignature) throw new InvalidTransaction("InvalidSignature");
  const refusal = checkActions(actions);
  if (refusal !== undefined) throw new InvalidTransaction({ ActionsValidation: refusal });
}

function payFromAllowance({ signer, publicKey }: Transaction, key: AccessKey, cost: bigint): AccessKey["permission"] {
  const { permission } = key;
  if (permission.kind === "fullAccess" || permission.allowance === null) return permission;
  if (permission.allowance < cost) {
    const error = { account_id: signer, public_key: publicKey, allowance: `${permission.allowance}`, cost: `${cost}` };
    throw accessRefusal({ NotEnoughAllowance: error });
  }
  return { ...permission, allowance: permission.allowance - cost };
}

function accessRefusal(error: Json): InvalidTransaction {
  return new InvalidTransaction({ InvalidAccessKeyError: error });
}
