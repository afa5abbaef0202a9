import { encodeBase58 } from "../crypto/base58.ts";
import { sha256 } from "../crypto/hash.ts";
import { isImplicitEthAccount, keyOfImplicitAccount } from "../crypto/implicit-account.ts";
import { formatKey } from "../crypto/keys.ts";
import { ActionFailure } from "./errors.ts";
import type { ReceiptContext } from "./receipt-context.ts";
import { noCode, nonceRange, type State } from "./state.ts";
import type { AccessKey, AccessKeyPermission, Action } from "./types.ts";

/**
 * Actions on accounts and their keys.
 * @throws ActionFailure with nearcore's `ActionErrorKind`
 */
export function applyAccountAction(
  context: ReceiptContext,
  action: Exclude<Action, { kind: "functionCall" | "delegate" }>,
): void {
  const { state, receipt, block } = context;
  const id = receipt.receiver;
  switch (action.kind) {
    case "createAccount":
      createAccount(state, id, receipt.predecessor);
      return;
    case "transfer":
      transfer(state, id, action.deposit, block.height);
      return;
    case "addKey":
      addKey(state, id, formatKey(action.publicKey), freshKey(action.accessKey.permission, block.height));
      return;
    case "deleteKey":
      deleteKey(state, id, formatKey(action.publicKey));
      return;
    case "deployContract":
      deploy(state, id, action.code);
      return;
    case "stake":
      // There are no validators here to stake for.
      throw new ActionFailure({
        TriesToStake: { account_id: id, balance: "0", locked: "0", stake: `${action.stake}` },
      });
    case "deleteAccount":
      context.refund(action.beneficiaryId, state.account(id)?.amount ?? 0n);
      state.deleteAccount(id);
      return;
  }
}

/** A new key. Its nonce starts at the height's range, so that old transactions cannot be replayed on it. */
export function freshKey(permission: AccessKeyPermission, height: bigint): AccessKey {
  return { nonce: height * nonceRange, permission };
}

function createAccount(state: State, id: string, predecessor: string): void {
  if (state.account(id) !== undefined) throw new ActionFailure({ AccountAlreadyExists: { account_id: id } });
  if (keyOfImplicitAccount(id) !== undefined || isImplicitEthAccount(id)) {
    throw new ActionFailure({ OnlyImplicitAccountCreationAllowed: { account_id: id } });
  }
  const dot = id.indexOf(".");
  if (dot < 0) {
    const error = { account_id: id, registrar_account_id: "registrar", predecessor_id: predecessor };
    throw new ActionFailure({ CreateAccountOnlyByRegistrar: error });
  }
  if (id.slice(dot + 1) !== predecessor) {
    throw new ActionFailure({ CreateAccountNotAllowed: { account_id: id, predecessor_id: predecessor } });
  }
  state.setAccount(id, { amount: 0n, codeHash: noCode });
}

/** The first transfer to an implicit account creates it, an Ed25519 one with its own key. */
function transfer(state: State, id: string, deposit: bigint, height: bigint): void {
  if (state.account(id) === undefined) {
    const key = keyOfImplicitAccount(id);
    if (key === undefined && !isImplicitEthAccount(id)) throw noAccount(id);
    state.setAccount(id, { amount: 0n, codeHash: noCode });
    if (key !== undefined) state.setAccessKey(id, formatKey(key), freshKey({ kind: "fullAccess" }, height));
  }
  state.addBalance(id, deposit);
}

export function noAccount(id: string): ActionFailure {
  return new ActionFailure({ AccountDoesNotExist: { account_id: id } });
}

function addKey(state: State, id: string, publicKey: string, key: AccessKey): void {
  if (state.accessKey(id, publicKey) !== undefined) {
    throw new ActionFailure({ AddKeyAlreadyExists: { account_id: id, public_key: publicKey } });
  }
  state.setAccessKey(id, publicKey, key);
}

function deleteKey(state: State, id: string, publicKey: string): void {
  if (state.accessKey(id, publicKey) === undefined) {
    throw new ActionFailure({ DeleteKeyDoesNotExist: { account_id: id, public_key: publicKey } });
  }
  state.deleteAccessKey(id, publicKey);
}

/**
 * Stores only the hash of deployed code: wasm does not run here, so calling it fails. Code with the hash of a contract that another
 * account has, as `devnet contract counter`, is this contract.
 */
function deploy(state: State, id: string, code: Uint8Array): void {
  const account = state.account(id);
  if (account === undefined) throw noAccount(id);
  const codeHash = encodeBase58(sha256(code));
  state.setAccount(id, { ...account, codeHash });
  state.setContract(id, state.contractOfCode(codeHash));
}
