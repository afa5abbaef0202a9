import { Chain, type ChainOptions } from "../../src/chain/chain.ts";
import { InvalidTransaction, type Json } from "../../src/chain/errors.ts";
import { noCode, nonceRange } from "../../src/chain/state.ts";
import { signTransaction, toTransaction } from "../../src/chain/transaction.ts";
import type { AccessKeyPermission, Action, Outcome, Transaction } from "../../src/chain/types.ts";
import { calm, type Weather } from "../../src/chain/weather.ts";
import { type Contract, ContractPanic, type Env, MethodNotFound, type Returned } from "../../src/contract.ts";
import { ed25519PublicKey } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { formatKey, type PublicKey } from "../../src/crypto/keys.ts";

export const near = 10n ** 24n;
export const tera = 10n ** 12n;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A private key that anyone may know. */
export function seedOf(name: string): Uint8Array {
  return sha256(encoder.encode(name));
}

export function rawKeyOf(name: string): PublicKey {
  return { curve: "ed25519", data: ed25519PublicKey(seedOf(name)) };
}

export function publicKeyOf(name: string): string {
  return formatKey(rawKeyOf(name));
}

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function text(value: Uint8Array): string {
  return decoder.decode(value);
}

/** A clock that stands still until it is moved. */
export function handClock(startMs = 1_760_000_000_000): { now: () => number; advance: (ms: number) => void } {
  let now = startMs;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** Options of a chain that is unkind in these ways. */
export function unkind(chances: Partial<Weather>): Pick<ChainOptions, "rules"> {
  return { rules: { weather: { ...calm, seed: "unkind", ...chances } } };
}

/** A chain with these accounts, 100 NEAR and a full access key named after the account each. */
export function chainWith(accounts: readonly string[], options: Partial<ChainOptions> = {}): Chain {
  const chain = new Chain({ now: handClock().now, ...options });
  chain.intervene((state) => {
    for (const id of accounts) {
      state.setAccount(id, { amount: 100n * near, codeHash: noCode });
      state.setAccessKey(id, publicKeyOf(id), { nonce: firstNonce(chain), permission: { kind: "fullAccess" } });
    }
  });
  return chain;
}

export function firstNonce(chain: Chain): bigint {
  return chain.genesis.height * nonceRange;
}

export function addKey(chain: Chain, id: string, name: string, permission: AccessKeyPermission): void {
  const nonce = firstNonce(chain);
  chain.intervene((state) => state.setAccessKey(id, publicKeyOf(name), { nonce, permission }));
}

export function deployContract(chain: Chain, id: string, contract: Contract): void {
  chain.intervene((state) => {
    state.setContract(id, contract);
    state.setAccount(id, { amount: state.account(id)?.amount ?? 0n, codeHash: contract.codeHash });
  });
}

export interface TransactionOptions {
  readonly key?: string;
  readonly nonce?: bigint;
  readonly blockHash?: string;
}

/** A signed transaction, by default with the next free nonce of the signer's own key. */
export function transaction(
  chain: Chain,
  signer: string,
  receiver: string,
  actions: readonly Action[],
  { key = signer, nonce, blockHash = chain.head.hash }: TransactionOptions = {},
): Transaction {
  const used = usedNonce(chain, signer, publicKeyOf(key));
  const fields = { signer, nonce: nonce ?? used + 1n, receiver, blockHash, actions };
  return toTransaction(signTransaction(fields, seedOf(key)));
}

/** The highest nonce that the key has used, or will have once the pool is empty. */
function usedNonce(chain: Chain, signer: string, publicKey: string): bigint {
  const landed = chain.view().state().accessKey(signer, publicKey)?.nonce ?? 0n;
  const waiting = chain.pool.ordered().filter((one) => one.signer === signer && one.publicKey === publicKey);
  return waiting.reduce((highest, { nonce }) => (nonce > highest ? nonce : highest), landed);
}

export function callAction(method: string, args: unknown = {}, gas = 30n * tera, deposit = 0n): Action {
  return { kind: "functionCall", methodName: method, args: bytes(JSON.stringify(args)), gas, deposit };
}

export function transferAction(deposit: bigint): Action {
  return { kind: "transfer", deposit };
}

/** Submits, and tells the hash. */
export function submit(
  chain: Chain,
  ...args: Parameters<typeof transaction> extends [Chain, ...infer R] ? R : never
): string {
  const one = transaction(chain, ...args);
  chain.submit(one);
  return one.hash;
}

/** nearcore's reason for refusing a transaction, or undefined when it was taken. */
export function refusalOf(chain: Chain, one: Transaction): Json | undefined {
  try {
    chain.submit(one);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidTransaction) return error.reason;
    throw error;
  }
}

export function mine(chain: Chain, count: number): void {
  for (let mined = 0; mined < count; mined += 1) chain.mine();
}

/** Mines until nothing is left to run. */
export function settle(chain: Chain): void {
  while (chain.pool.size > 0 || chain.head.next.length > 0) chain.mine();
}

/** Outcomes of a transaction and of all its receipts that ran, depth first. */
export function outcomes(chain: Chain, hash: string): Outcome[] {
  const outcome = chain.view().state().outcome(hash);
  return outcome === undefined ? [] : [outcome, ...outcome.receiptIds.flatMap((id) => outcomes(chain, id))];
}

/** The outcome of a transaction's own receipt. */
export function receiptOutcome(chain: Chain, hash: string): Outcome {
  const found = outcomes(chain, hash)[1];
  if (found === undefined) throw new Error(`the receipt of ${hash} did not run`);
  return found;
}

/** The kind of error that an outcome failed with, undefined where it succeeded. */
export function failureOf({ status }: Outcome): Json | undefined {
  if (status.kind !== "failure") return undefined;
  return "ActionError" in status.error ? status.error.ActionError.kind : status.error.InvalidTxError;
}

export type Method = (env: Env, args: Record<string, unknown>) => Returned | undefined;

/** A contract of a few methods that take and return JSON. */
export function testContract(methods: Readonly<Record<string, Method>>): Contract {
  return {
    codeHash: "4reLvkAWfqk5fsqio1KLudk46cqRz9erQdaHkWZKMJDZ",
    call(env, method, args) {
      const run = methods[method];
      if (run === undefined) throw new MethodNotFound(method);
      return run(env, JSON.parse(text(args) || "{}")) ?? { value: new Uint8Array() };
    },
  };
}

export function json(value: unknown): Returned {
  return { value: bytes(JSON.stringify(value)) };
}

/** A contract that counts, panics, and calls others as it is told. */
export const counter = testContract({
  count(env) {
    const value = (env.storage.get<number>("value") ?? 0) + 1;
    env.storage.set("value", value);
    env.log(`count ${value}`);
    return json(value);
  },
  value: (env) => json(env.storage.get<number>("value") ?? 0),
  count_and_panic(env) {
    env.storage.set("value", 1_000);
    env.log("about to panic");
    env.promise({ receiver: env.current, actions: [promiseCall("count")] });
    throw new ContractPanic("as asked");
  },
  keep() {
    return undefined;
  },
});

export function promiseCall(
  method: string,
  {
    args = {},
    gas = 10n * tera,
    gasWeight = 0n,
    deposit = 0n,
  }: { args?: unknown; gas?: bigint; gasWeight?: bigint; deposit?: bigint } = {},
) {
  return { kind: "call" as const, method, args: bytes(JSON.stringify(args)), gas, gasWeight, deposit };
}
