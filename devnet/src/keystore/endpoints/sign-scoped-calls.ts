import { signTransaction } from "../../chain/transaction.ts";
import { encodeBase58 } from "../../crypto/base58.ts";
import { encodeBase64 } from "../../crypto/base64.ts";
import { type Action, encodeSignedTransaction, transactionHash } from "../../crypto/transaction.ts";
import { type ApprovalInfo, approvalInfo, checkApprovals } from "../approvals.ts";
import type { BodyFields } from "../body.ts";
import { argumentBytes, type GivenArguments, givenArguments, parseDeposit } from "../call-arguments.ts";
import { type CheckedScope, checkScope, type GivenScope, readScope } from "../direct-user-scope.ts";
import type { Endpoint, KeystoreChain } from "../endpoint.ts";
import { badRequest, KeystoreRefusal } from "../refusal.ts";

interface GivenAction {
  readonly methodName: string;
  readonly args: GivenArguments;
  readonly gas: bigint;
  readonly deposit: string;
}

interface Request {
  readonly scope: GivenScope;
  readonly actions: readonly GivenAction[];
  readonly approvals: ApprovalInfo | undefined;
  readonly overrideNonce: bigint | undefined;
}

/**
 * `/wallet/direct-user/sign-scoped-function-calls`: a transaction of the user, signed with the scope's key. Nonce and block
 * hash come from the chain.
 */
export const signScopedCalls: Endpoint<Request> = {
  read: (body) => ({
    scope: readScope(body),
    actions: body.fieldsList("actions").map(readAction),
    approvals: approvalInfo(body),
    overrideNonce: body.optionalU64("override_nonce"),
  }),
  async run({ keys, rules, chain }, { scope: given, actions: givenActions, approvals, overrideNonce }) {
    const scope = checkScope(given);
    const actions = checkActions(givenActions, scope);
    checkApprovals(rules.policy(given.walletId), approvals);
    const { seed, publicKey } = keys.scoped(given.walletId, scope);
    const found = await askChain(chain, scope.userId, publicKey);
    const nonce = overrideNonce ?? found.nonce + 1n;
    const { userId: signer, receiverId: receiver } = scope;
    const signed = signTransaction({ signer, receiver, nonce, blockHash: found.blockHash, actions }, seed);
    return {
      signed_tx_base64: encodeBase64(encodeSignedTransaction(signed)),
      tx_hash: encodeBase58(transactionHash(signed.transaction)),
      signer_id: signer,
      public_key: publicKey,
      key_label: scope.label,
      nonce,
    };
  },
};

function readAction(fields: BodyFields): GivenAction {
  return {
    methodName: fields.text("method_name"),
    args: givenArguments(fields),
    gas: fields.u64("gas"),
    deposit: fields.text("deposit"),
  };
}

function checkActions(given: readonly GivenAction[], { methodNames }: CheckedScope): readonly Action[] {
  if (given.length === 0) {
    badRequest("direct-user scoped FunctionCall transaction requires at least one action");
  }
  return given.map(({ methodName: name, args, gas, deposit }) => {
    const methodName = name.trim();
    if (!methodNames.includes(methodName)) {
      badRequest(`method ${methodName} is not allowed by the scoped FunctionCall key`);
    }
    if (parseDeposit(deposit) > 0n) badRequest("scoped direct-user FunctionCall keys cannot attach deposit");
    return { kind: "functionCall", methodName, args: argumentBytes(args), gas, deposit: 0n };
  });
}

async function askChain(
  chain: KeystoreChain,
  userId: string,
  publicKey: string,
): Promise<{ nonce: bigint; blockHash: string }> {
  try {
    return { nonce: await chain.accessKeyNonce(userId, publicKey), blockHash: await chain.finalBlockHash() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeystoreRefusal(500, `Failed to query scoped direct-user access key: ${reason}`);
  }
}
