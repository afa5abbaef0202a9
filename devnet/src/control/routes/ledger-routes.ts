import type { AccessKeyPermission } from "../../crypto/actions.ts";
import type { PolicyDocument } from "../../keystore/policy.ts";
import { accessKeyShape } from "../../rpc/shapes/action-shape.ts";
import type { ControlBody } from "../control-body.ts";
import { ControlError } from "../control-error.ts";
import type { Controls } from "../controls.ts";
import type { Route } from "../route.ts";

/** Accounts with their keys and balances, and the keystore's wallets. */
export function ledgerRoutes(controls: Controls): readonly Route[] {
  const { accounts, wallets } = controls;
  const account = (id: string) => accountShape(controls, id);
  const wallet = (id: string) => walletShape(controls, id);
  return [
    { method: "GET", path: "/accounts/:id", run: ({ part }) => account(part("id")) },
    {
      method: "POST",
      path: "/accounts/:id",
      run({ part, body }) {
        accounts.setBalance(part("id"), body.integer("balance"));
        return account(part("id"));
      },
    },
    {
      method: "POST",
      path: "/accounts/:id/keys",
      run({ part, body }) {
        const nonce = body.has("nonce") ? body.integer("nonce") : undefined;
        accounts.addKey(part("id"), body.text("public_key"), permissionOf(body), nonce);
        return account(part("id"));
      },
    },
    {
      method: "DELETE",
      path: "/accounts/:id/keys/:key",
      run({ part }) {
        accounts.deleteKey(part("id"), part("key"));
        return account(part("id"));
      },
    },
    { method: "GET", path: "/wallets/:id", run: ({ part }) => wallet(part("id")) },
    {
      method: "POST",
      path: "/wallets/:id",
      run({ part, body }) {
        if (body.has("policy")) wallets.setPolicy(part("id"), policyOf(body.any("policy")));
        if (body.has("frozen")) wallets.setFrozen(part("id"), body.flag("frozen"));
        return wallet(part("id"));
      },
    },
  ];
}

function accountShape({ accounts }: Controls, id: string): unknown {
  const account = accounts.get(id);
  if (account === undefined) throw new ControlError(`there is no account ${id}`);
  const keys = account.keys.map(({ publicKey, accessKey }) => ({
    public_key: publicKey,
    ...accessKeyShape(accessKey),
  }));
  return { account_id: id, balance: `${account.amount}`, code_hash: account.codeHash, keys };
}

function walletShape({ wallets }: Controls, id: string): unknown {
  const { walletId, accountId, publicKey, policy, isFrozen } = wallets.get(id);
  const about = { wallet_id: walletId, account_id: accountId, public_key: publicKey };
  return { ...about, policy: policy ?? null, frozen: isFrozen };
}

/** Full access, unless a `receiver_id` makes it a function call key. */
function permissionOf(body: ControlBody): AccessKeyPermission {
  if (!body.has("receiver_id")) return { kind: "fullAccess" };
  return {
    kind: "functionCall",
    receiverId: body.text("receiver_id"),
    methodNames: body.has("method_names") ? body.texts("method_names") : [],
    allowance: body.has("allowance") ? body.integer("allowance") : null,
  };
}

function policyOf(value: unknown): PolicyDocument | undefined {
  if (value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw new ControlError("policy must be an object or null");
  return value as PolicyDocument;
}
