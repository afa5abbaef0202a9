import type { JsonObject } from "@bufbuild/protobuf";
import type { DeriveAccountResponse } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { Account, AccountKey, KeyTransaction, StaleKeys } from "@outlayer/contracts/outlayer/workflow/v1/account";
import { publicKeyRequestSchema } from "./account-schemas.ts";
import { check, formatProblem } from "./first-problem.ts";
import { invalidJson } from "./invalid-request.ts";

/**
 * Reads the key in the body of a request.
 * @param document as `readJsonObject` answers it
 * @throws InvalidRequest
 */
export function readKeyDocument(document: JsonObject): string {
  const checked = check(publicKeyRequestSchema.strip(), document);
  if ("problem" in checked) throw invalidJson(formatProblem(checked.problem), checked.problem.place);
  return checked.value.public_key;
}

/** The account of a key, as REST answers it. `derivedAccountSchema` describes it. */
export function derivedAccountJson({ publicKey, accountId, kind }: DeriveAccountResponse): JsonObject {
  return { public_key: publicKey, account_id: accountId, kind };
}

/** An account, as REST answers it. `accountSchema` describes it. */
export function accountJson(account: Account): JsonObject {
  return {
    account_id: account.accountId,
    kind: account.kind,
    exists_on_near: account.existsOnNear,
    locked: account.locked,
    auth_by_predecessor: account.authByPredecessor,
    keys: account.keys.map(keyJson),
    keys_total: account.keysTotal,
    asked_key: account.askedKey === undefined ? null : keyJson(account.askedKey),
    message: account.message,
    registration: transactionJson(account.registration),
    balances: { ...account.balances },
    block_height: Number(account.blockHeight),
  };
}

/** The stale keys of an account, as REST answers them. `staleKeysSchema` describes them. */
export function staleKeysJson(found: StaleKeys): JsonObject {
  return {
    account_id: found.accountId,
    exists_on_near: found.existsOnNear,
    stale_keys: found.staleKeys.map(({ key, message, removal, removalStepJson }) => ({
      ...keyJson(key),
      message,
      removal: transactionJson(removal),
      removal_step: JSON.parse(removalStepJson) as JsonObject,
    })),
    stale_total: found.staleTotal,
    block_height: Number(found.blockHeight),
  };
}

function keyJson(key: AccountKey | undefined): JsonObject {
  return {
    public_key: key?.publicKey ?? "",
    registered: key?.registered ?? false,
    on_near: key?.onNear ?? "",
    stale: key?.stale ?? false,
  };
}

/** A transaction of an account's keys, as REST answers it. `keyTransactionSchema` describes it. */
export function transactionJson(sent: KeyTransaction | undefined): JsonObject | null {
  if (sent === undefined) return null;
  const { signerId, receiverId, methodName, publicKey, gas, depositYocto: deposit, command, walletLink } = sent;
  const params = { methodName, args: { public_key: publicKey }, gas, deposit };
  return {
    transaction: { signerId, receiverId, actions: [{ type: "FunctionCall", params }] },
    command,
    wallet_link: walletLink ?? null,
  };
}
