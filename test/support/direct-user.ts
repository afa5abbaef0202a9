import type { Devnet } from "@outlayer/devnet";
import { transactions } from "./chain-dump.ts";
import type { Answer, RestClient } from "./rest-client.ts";
import type { System } from "./system.ts";

/** The counter proof's scope. */
export const scope = {
  user_id: "mike.near",
  registry_id: "mike.sequential.near",
  receiver_id: "count.mike.near",
  method_names: ["increase"],
};

/** What the scope's key may spend, as the install command says: 0.05 NEAR. */
export const allowance = 5n * 10n ** 22n;

const query = new URLSearchParams([
  ["user_id", scope.user_id],
  ["registry_id", scope.registry_id],
  ["receiver_id", scope.receiver_id],
  ["method_names", "increase"],
]);
export const statusPath = `/direct-user/function-call-key/status?${query}`;

export function keyStatus(rest: RestClient): Promise<Answer> {
  return rest.get(statusPath);
}

/** The key that wallet-1 has for the scope. */
export async function keyOf(rest: RestClient): Promise<string> {
  return (await rest.post("/direct-user/function-call-key/prepare", scope)).body.public_key;
}

export const permission = (changes: Partial<FunctionCallPermission> = {}): FunctionCallPermission => ({
  kind: "functionCall",
  receiverId: scope.receiver_id,
  methodNames: scope.method_names,
  allowance,
  ...changes,
});

export interface FunctionCallPermission {
  readonly kind: "functionCall";
  readonly receiverId: string;
  readonly methodNames: readonly string[];
  /** yoctoNEAR; null: no limit. */
  readonly allowance: bigint | null;
}

/** Does what the install command does, and waits until it is final. @returns the key */
export async function install(system: System, changes: Partial<FunctionCallPermission> = {}): Promise<string> {
  const publicKey = await keyOf(system.rest());
  const { controls } = system.devnet;
  controls.accounts.addKey(scope.user_id, publicKey, permission(changes));
  controls.blocks.mine({ blocks: 3 });
  return publicKey;
}

/** The key's nonce goes on by so many, as if it had another holder. @throws RangeError where it is not installed */
export function useElsewhere({ controls: { accounts } }: Devnet, publicKey: string, nonces: bigint): void {
  const key = accounts.get(scope.user_id)?.keys.find((one) => one.publicKey === publicKey);
  if (key === undefined) throw new RangeError(`${publicKey} is not on ${scope.user_id}`);
  const { permission: unchanged, nonce } = key.accessKey;
  accounts.addKey(scope.user_id, publicKey, unchanged, nonce + nonces);
}

export function execute(rest: RestClient, body: object = {}, key?: string, waitSecs = 15): Promise<Answer> {
  const keyed = key === undefined ? {} : { idempotency_key: key };
  return rest.post(
    "/direct-user/function-call/execute",
    { ...scope, ...body, ...keyed },
    { prefer: `wait=${waitSecs}` },
  );
}

/** Transactions of the user to the counter that are on the chain. */
export const calls = (system: System) =>
  transactions(system.devnet).filter(
    ({ transaction }) => transaction.signer_id === scope.user_id && transaction.receiver_id === scope.receiver_id,
  );

/** What the counter says at the head. */
export function count(devnet: Devnet): Promise<number> {
  return devnetView(devnet, scope.receiver_id, "get_count") as Promise<number>;
}

async function devnetView(devnet: Devnet, contractId: string, method: string): Promise<unknown> {
  const params = {
    request_type: "call_function",
    finality: "optimistic",
    account_id: contractId,
    method_name: method,
    args_base64: Buffer.from("{}").toString("base64"),
  };
  const response = await fetch(devnet.rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "query", params }),
  });
  const { result } = (await response.json()) as { result: { result: number[] } };
  return JSON.parse(Buffer.from(result.result).toString());
}
