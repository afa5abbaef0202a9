import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Chain } from "../../src/chain/chain.ts";
import { costOf } from "../../src/chain/convert.ts";
import { noCode } from "../../src/chain/state.ts";
import {
  addKey,
  bytes,
  callAction,
  chainWith,
  counter,
  deployContract,
  failureOf,
  firstNonce,
  mine,
  near,
  outcomes,
  publicKeyOf,
  rawKeyOf,
  receiptOutcome,
  refusalOf,
  settle,
  submit,
  tera,
  transaction,
  transferAction,
} from "./support.ts";

const pair = () => chainWith(["alice.near", "bob.near"]);

function nonceOf(chain: Chain): bigint {
  return chain.view().state().accessKey("alice.near", publicKeyOf("alice.near"))?.nonce ?? -1n;
}

describe("transactions", () => {
  it("must have a nonce above the key's and not above height × 10^6", () => {
    const chain = pair();
    const used = firstNonce(chain);
    const bound = (chain.head.height + 1n) * 1_000_000n;
    const attempt = (nonce: bigint) =>
      refusalOf(chain, transaction(chain, "alice.near", "bob.near", [transferAction(1n)], { nonce }));
    assert.deepEqual(attempt(used), { InvalidNonce: { tx_nonce: used, ak_nonce: used } });
    assert.deepEqual(attempt(bound + 1n), { NonceTooLarge: { tx_nonce: bound + 1n, upper_bound: bound } });
    assert.equal(attempt(bound), undefined);
    settle(chain);
    assert.equal(nonceOf(chain), bound);
  });

  it("of one key that share a block run in nonce order, whatever order they came in", () => {
    const chain = pair();
    const start = firstNonce(chain);
    const [second, first] = [start + 2n, start + 1n].map((nonce) =>
      submit(chain, "alice.near", "bob.near", [transferAction(1n)], { nonce }),
    );
    assert.deepEqual(
      chain.mine().transactions.map((one) => one.hash),
      [first, second],
    );
  });

  it("that come after a higher nonce are refused for good", () => {
    const chain = pair();
    const start = firstNonce(chain);
    const late = transaction(chain, "alice.near", "bob.near", [transferAction(1n)], { nonce: start + 1n });
    submit(chain, "alice.near", "bob.near", [transferAction(1n)], { nonce: start + 5n });
    chain.submit(late);
    chain.mine();
    assert.equal(nonceOf(chain), start + 5n);
    const later = transaction(chain, "alice.near", "bob.near", [transferAction(1n)], { nonce: start + 4n });
    assert.deepEqual(refusalOf(chain, later), { InvalidNonce: { tx_nonce: start + 4n, ak_nonce: start + 5n } });
  });

  it("that share a nonce: one lands, the other is dropped", () => {
    const chain = pair();
    const nonce = firstNonce(chain) + 1n;
    const one = submit(chain, "alice.near", "bob.near", [transferAction(1n)], { nonce });
    const two = submit(chain, "alice.near", "bob.near", [transferAction(2n)], { nonce });
    assert.deepEqual(
      chain.mine().transactions.map((included) => included.hash),
      [one],
    );
    assert.deepEqual(
      chain.dropped.map((dropped) => dropped.transaction.hash),
      [two],
    );
    assert.equal(chain.pool.size, 0);
  });

  it("are refused without a signer, a key, a valid signature, or enough money", () => {
    const chain = pair();
    const from = (signer: string, key = signer) =>
      refusalOf(
        chain,
        transaction(chain, signer, "bob.near", [transferAction(1n)], { key, nonce: firstNonce(chain) + 1n }),
      );
    assert.deepEqual(from("nobody.near"), { SignerDoesNotExist: { signer_id: "nobody.near" } });
    assert.deepEqual(from("alice.near", "other"), {
      InvalidAccessKeyError: { AccessKeyNotFound: { account_id: "alice.near", public_key: publicKeyOf("other") } },
    });
    const forged = { ...transaction(chain, "alice.near", "bob.near", [transferAction(1n)]), hasValidSignature: false };
    assert.equal(refusalOf(chain, forged), "InvalidSignature");
    const dear = transaction(chain, "alice.near", "bob.near", [transferAction(100n * near)]);
    assert.deepEqual(refusalOf(chain, dear), {
      NotEnoughBalance: {
        signer_id: "alice.near",
        balance: `${100n * near}`,
        cost: `${costOf(dear, chain.rules.gasPrice).cost}`,
      },
    });
  });

  it("attach at most 1000 Tgas, and some", () => {
    const chain = pair();
    const call = (gas: bigint) => transaction(chain, "alice.near", "bob.near", [callAction("count", {}, gas)]);
    assert.deepEqual(refusalOf(chain, call(1_001n * tera)), {
      ActionsValidation: { TotalPrepaidGasExceeded: { total_prepaid_gas: 1_001n * tera, limit: 1_000n * tera } },
    });
    assert.deepEqual(refusalOf(chain, call(0n)), { ActionsValidation: "FunctionCallZeroAttachedGas" });
    assert.equal(refusalOf(chain, call(1_000n * tera)), undefined);
  });

  it("refer to a block that is at most the validity period old", () => {
    const chain = chainWith(["alice.near", "bob.near"], { validityPeriod: 10n });
    const { hash: blockHash } = chain.mine();
    mine(chain, 10);
    const old = transaction(chain, "alice.near", "bob.near", [transferAction(1n)], { blockHash });
    assert.equal(refusalOf(chain, old), undefined);
    assert.equal(chain.mine().transactions.length, 1);
    const older = transaction(chain, "alice.near", "bob.near", [transferAction(1n)], { blockHash });
    assert.equal(refusalOf(chain, older), "Expired");
    const unknown = transaction(chain, "alice.near", "bob.near", [transferAction(1n)], {
      blockHash: publicKeyOf("x").slice(8),
    });
    assert.equal(refusalOf(chain, unknown), "Expired");
  });

  it("that expire in the pool are dropped", () => {
    const chain = chainWith(["alice.near", "bob.near"], { validityPeriod: 10n });
    const { hash: blockHash } = chain.mine();
    mine(chain, 10);
    submit(chain, "alice.near", "bob.near", [transferAction(1n)], { blockHash });
    chain.mine({ hasChunk: false });
    assert.equal(chain.mine().transactions.length, 0);
    assert.deepEqual(
      chain.dropped.map(({ reason }) => reason),
      ["Expired"],
    );
  });
});

describe("access keys", () => {
  const scoped = { kind: "functionCall", receiverId: "counter.near", methodNames: ["count"] } as const;

  function withKey(allowance: bigint | null): Chain {
    const chain = chainWith(["alice.near", "counter.near", "other.near"]);
    deployContract(chain, "counter.near", counter);
    addKey(chain, "alice.near", "scoped", { ...scoped, allowance });
    return chain;
  }

  it("of function call kind sign one call of an allowed method without deposit for their receiver, nothing else", () => {
    const chain = withKey(null);
    const attempt = (receiver: string, actions: Parameters<typeof transaction>[3]) => {
      const reason = refusalOf(chain, transaction(chain, "alice.near", receiver, actions, { key: "scoped" }));
      return (reason as { InvalidAccessKeyError?: unknown } | undefined)?.InvalidAccessKeyError;
    };
    assert.equal(attempt("counter.near", [transferAction(1n)]), "RequiresFullAccess");
    assert.equal(attempt("counter.near", [callAction("count"), callAction("count")]), "RequiresFullAccess");
    assert.equal(attempt("counter.near", [callAction("count", {}, tera, 1n)]), "DepositWithFunctionCall");
    assert.deepEqual(attempt("other.near", [callAction("count")]), {
      ReceiverMismatch: { tx_receiver: "other.near", ak_receiver: "counter.near" },
    });
    assert.deepEqual(attempt("counter.near", [callAction("value")]), { MethodNameMismatch: { method_name: "value" } });
    assert.equal(attempt("counter.near", [callAction("count")]), undefined);
  });

  it("pay from their allowance, and get back what was not burnt", () => {
    const allowance = near / 10n;
    const chain = withKey(allowance);
    const hash = submit(chain, "alice.near", "counter.near", [callAction("count")], { key: "scoped" });
    settle(chain);
    const burnt = outcomes(chain, hash).reduce((sum, outcome) => sum + outcome.tokensBurnt, 0n);
    const key = chain.view().state().accessKey("alice.near", publicKeyOf("scoped"));
    assert.equal(key?.permission.kind === "functionCall" && key.permission.allowance, allowance - burnt);
  });

  it("whose allowance does not pay for the call are refused", () => {
    const chain = withKey(1n);
    const one = transaction(chain, "alice.near", "counter.near", [callAction("count")], { key: "scoped" });
    assert.deepEqual(refusalOf(chain, one), {
      InvalidAccessKeyError: {
        NotEnoughAllowance: {
          account_id: "alice.near",
          public_key: publicKeyOf("scoped"),
          allowance: "1",
          cost: `${costOf(one, chain.rules.gasPrice).cost}`,
        },
      },
    });
  });

  it("start at their block's height × 10^6, and are gone once deleted", () => {
    const chain = pair();
    const publicKey = rawKeyOf("second");
    const permission = { kind: "fullAccess" } as const;
    const added = submit(chain, "alice.near", "alice.near", [
      { kind: "addKey", publicKey, accessKey: { nonce: 0n, permission } },
    ]);
    settle(chain);
    const key = chain.view().state().accessKey("alice.near", publicKeyOf("second"));
    assert.equal(key?.nonce, receiptOutcome(chain, added).height * 1_000_000n);
    submit(chain, "alice.near", "alice.near", [{ kind: "deleteKey", publicKey }], { key: "second" });
    settle(chain);
    assert.deepEqual(chain.view().state().publicKeys("alice.near"), [publicKeyOf("alice.near")]);
  });

  it("of function call kind are added within NEAR's limits only", () => {
    const chain = pair();
    const attempt = (receiverId: string, methodNames: readonly string[]) => {
      const permission = { kind: "functionCall", allowance: null, receiverId, methodNames } as const;
      const action = { kind: "addKey", publicKey: rawKeyOf("new"), accessKey: { nonce: 0n, permission } } as const;
      const reason = refusalOf(chain, transaction(chain, "alice.near", "alice.near", [action]));
      return (reason as { ActionsValidation?: unknown } | undefined)?.ActionsValidation;
    };
    assert.equal(attempt("bob.near", ["count"]), undefined);
    assert.deepEqual(attempt("Bob", []), { InvalidAccountId: { account_id: "Bob" } });
    assert.deepEqual(attempt("bob.near", ["a".repeat(257)]), {
      AddKeyMethodNameLengthExceeded: { length: 257, limit: 256 },
    });
    const names = Array.from({ length: 10 }, () => "a".repeat(199));
    assert.equal(attempt("bob.near", names), undefined);
    assert.deepEqual(attempt("bob.near", [...names, ""]), {
      AddKeyMethodNamesNumberOfBytesExceeded: { total_number_of_bytes: 2001, limit: 2000 },
    });
  });

  it("are changed by their own account only", () => {
    const chain = pair();
    const hash = submit(chain, "alice.near", "bob.near", [{ kind: "deleteKey", publicKey: rawKeyOf("bob.near") }]);
    settle(chain);
    const failure = failureOf(receiptOutcome(chain, hash));
    assert.deepEqual(failure, { ActorNoPermission: { account_id: "bob.near", actor_id: "alice.near" } });
  });
});

describe("accounts", () => {
  it("that are implicit come to be by a transfer, with their own key", () => {
    const chain = pair();
    const key = rawKeyOf("new");
    const id = Buffer.from(key.data).toString("hex");
    submit(chain, "alice.near", id, [transferAction(7n)]);
    settle(chain);
    const state = chain.view().state();
    assert.deepEqual(state.account(id), { amount: 7n, codeHash: noCode });
    assert.deepEqual(state.publicKeys(id), [publicKeyOf("new")]);
  });

  it("that are named do not, and the deposit comes back", () => {
    const chain = pair();
    const before = chain.view().state().account("alice.near")?.amount ?? 0n;
    const hash = submit(chain, "alice.near", "nobody.near", [transferAction(near)]);
    settle(chain);
    assert.deepEqual(failureOf(receiptOutcome(chain, hash)), { AccountDoesNotExist: { account_id: "nobody.near" } });
    const burnt = outcomes(chain, hash).reduce((sum, outcome) => sum + outcome.tokensBurnt, 0n);
    assert.equal(chain.view().state().account("alice.near")?.amount, before - burnt);
  });

  it("are made by their parent, with money and a key in the same transaction", () => {
    const chain = pair();
    const permission = { kind: "fullAccess" } as const;
    submit(chain, "alice.near", "sub.alice.near", [
      { kind: "createAccount" },
      transferAction(near),
      { kind: "addKey", publicKey: rawKeyOf("sub"), accessKey: { nonce: 0n, permission } },
    ]);
    settle(chain);
    assert.equal(chain.view().state().account("sub.alice.near")?.amount, near);
    const foreign = submit(chain, "bob.near", "other.alice.near", [{ kind: "createAccount" }]);
    settle(chain);
    assert.deepEqual(failureOf(receiptOutcome(chain, foreign)), {
      CreateAccountNotAllowed: { account_id: "other.alice.near", predecessor_id: "bob.near" },
    });
  });

  it("that are deleted leave their balance to the beneficiary", () => {
    const chain = pair();
    const before = chain.view().state().account("bob.near")?.amount ?? 0n;
    submit(chain, "alice.near", "alice.near", [{ kind: "deleteAccount", beneficiaryId: "bob.near" }]);
    settle(chain);
    const state = chain.view().state();
    assert.equal(state.account("alice.near"), undefined);
    assert.deepEqual(state.publicKeys("alice.near"), []);
    assert.ok((state.account("bob.near")?.amount ?? 0n) > before + 99n * near);
  });

  it("know deployed code by its hash, and cannot run it", () => {
    const chain = pair();
    submit(chain, "alice.near", "alice.near", [{ kind: "deployContract", code: bytes("wasm") }]);
    settle(chain);
    assert.notEqual(chain.view().state().account("alice.near")?.codeHash, noCode);
    const hash = submit(chain, "bob.near", "alice.near", [callAction("any")]);
    settle(chain);
    assert.deepEqual(failureOf(receiptOutcome(chain, hash)), {
      FunctionCallError: { CompilationError: { PrepareError: "Deserialization" } },
    });
  });
});
