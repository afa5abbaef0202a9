import { encodeBase58 } from "../../crypto/base58.ts";
import { encodeBase64 } from "../../crypto/base64.ts";
import { type DelegateAction, delegateHash, encodeSignedDelegate } from "../../crypto/delegate.ts";
import { signHash } from "../../crypto/sign.ts";
import { type ApprovalInfo, approvalInfo, checkApprovals } from "../approvals.ts";
import type { BodyFields } from "../body.ts";
import {
  argumentBytes,
  checkedAccountId,
  type GivenArguments,
  givenArguments,
  parseDeposit,
} from "../call-arguments.ts";
import { type DerivedKey, implicitAccount } from "../derivation.ts";
import type { Endpoint } from "../endpoint.ts";
import { badRequest } from "../refusal.ts";

interface Request {
  readonly walletId: string;
  readonly senderId: string;
  readonly receiverId: string;
  readonly methodName: string;
  readonly args: GivenArguments;
  readonly gas: bigint;
  readonly deposit: string;
  readonly nonce: bigint;
  readonly maxBlockHeight: bigint;
  readonly currentBlockHeight: bigint | undefined;
  readonly approvals: ApprovalInfo | undefined;
}

/** `/wallet/sign-nep366-delegate`: one function call in a delegate of the wallet's implicit account. */
export const signDelegate: Endpoint<Request> = {
  read,
  run({ keys, rules }, request) {
    const key = keys.wallet(request.walletId);
    const delegate = delegateOf(request, key);
    checkApprovals(rules.policy(request.walletId), request.approvals);
    const hash = delegateHash(delegate);
    const signature = signHash(key.seed, hash);
    return {
      signed_delegate_base64: encodeBase64(encodeSignedDelegate({ delegateAction: delegate, signature })),
      delegate_hash: encodeBase58(hash),
      sender_id: delegate.senderId,
      public_key: key.publicKey,
      nonce: delegate.nonce,
      max_block_height: delegate.maxBlockHeight,
    };
  },
};

function read(body: BodyFields): Request {
  return {
    walletId: body.text("wallet_id"),
    senderId: body.text("sender_id"),
    receiverId: body.text("receiver_id"),
    methodName: body.text("method_name"),
    args: givenArguments(body),
    gas: body.u64("gas"),
    deposit: body.text("deposit"),
    nonce: body.u64("nonce"),
    maxBlockHeight: body.u64("max_block_height"),
    currentBlockHeight: body.optionalU64("current_block_height"),
    approvals: approvalInfo(body),
  };
}

/** Checks in the keystore's order. */
function delegateOf(request: Request, { publicKeyBytes, ...key }: DerivedKey): DelegateAction {
  const { methodName, gas, maxBlockHeight, currentBlockHeight, senderId, nonce } = request;
  if (methodName === "") badRequest("method_name is required");
  if (gas === 0n) badRequest("gas must be greater than zero");
  if (maxBlockHeight === 0n) badRequest("max_block_height must be greater than zero");
  if (currentBlockHeight !== undefined && maxBlockHeight <= currentBlockHeight) {
    badRequest("max_block_height must be greater than current_block_height");
  }
  const account = implicitAccount({ publicKeyBytes, ...key });
  if (senderId !== account) badRequest(`sender_id must match derived wallet account ${account}`);
  const receiverId = checkedAccountId("receiver_id", request.receiverId);
  const deposit = parseDeposit(request.deposit);
  const args = argumentBytes(request.args);
  return {
    senderId,
    receiverId,
    actions: [{ kind: "functionCall", methodName, args, gas, deposit }],
    nonce,
    maxBlockHeight,
    publicKey: { curve: "ed25519", data: publicKeyBytes },
  };
}
