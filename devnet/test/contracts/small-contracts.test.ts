import { deepStrictEqual, match, notStrictEqual, strictEqual } from "node:assert";
import { MethodNotFound } from "../../src/contract.ts";
import * as contracts from "../../src/contracts/index.ts";
import { decodeBase58 } from "../../src/crypto/base58.ts";
import { MockChain } from "./harness/mock-chain.ts";

describe("the counter", () => {
  it("counts by one, and shows its count as a number", () => {
    const chain = new MockChain();
    chain.deploy("count.mike.near", contracts.createCounter());
    strictEqual(chain.view("count.mike.near", "get_count"), 0);
    for (const expected of [1, 2]) {
      const { value } = chain.call({ receiver: "count.mike.near", method: "increase", predecessor: "mike.near" });
      strictEqual(Buffer.from(value ?? []).toString(), String(expected));
    }
    strictEqual(chain.view("count.mike.near", "get_count"), 2);
  });

  it("takes no deposit, and any arguments", () => {
    const chain = new MockChain();
    chain.deploy("count.mike.near", contracts.createCounter());
    const call = { receiver: "count.mike.near", method: "increase", predecessor: "mike.near" };
    strictEqual(chain.call({ ...call, deposit: 1n }).panic, "Method increase doesn't accept deposit");
    strictEqual(chain.call({ ...call, args: Uint8Array.of(255) }).ok, true);
  });
});

describe("the register", () => {
  it("keeps the order of calls, and logs who set what", () => {
    const chain = new MockChain();
    chain.deploy("register.near", contracts.createRegister());
    const set = (args: unknown) =>
      chain.call({ receiver: "register.near", method: "set", args, predecessor: "gate.near" });
    deepStrictEqual(chain.view("register.near", "get"), []);
    deepStrictEqual(set({ value: 33 }).logs, ["register:set:33:by:gate.near"]);
    set({ value: 11 });
    deepStrictEqual(chain.view("register.near", "get"), [33, 11]);
    const said =
      'Failed to deserialize input from JSON. Error: `invalid type: string "5", expected i64 at line 1 column 13`';
    strictEqual(set({ value: "5" }).panic, said);
  });
});

describe("every contract", () => {
  const made = {
    gate: contracts.createGate(),
    verifier: contracts.createVerifier(),
    token: contracts.createToken(),
    wrappedNear: contracts.createWrappedNear(),
    counter: contracts.createCounter(),
    register: contracts.createRegister(),
  };

  it("has a code hash of its own, 32 bytes in base58, the same each time", () => {
    const hashes = Object.values(made).map(({ codeHash }) => codeHash);
    strictEqual(new Set(hashes).size, hashes.length);
    for (const hash of hashes) strictEqual(decodeBase58(hash).length, 32);
    strictEqual(contracts.createVerifier().codeHash, made.verifier.codeHash);
    strictEqual(made.gate.codeHash, "B6UXBwbuk6JYorjDTqJJyqq7yn9kc7wjcdW4ggzvbkXB");
    notStrictEqual(made.token.codeHash, made.wrappedNear.codeHash);
  });

  it("says so of a method that it does not have, inherited ones included", () => {
    const chain = new MockChain();
    for (const [name, contract] of Object.entries(made)) {
      chain.deploy(name, contract);
      for (const method of ["nonsense", "toString", "constructor"]) {
        strictEqual(chain.call({ receiver: name, method, predecessor: "x.near" }).panic, method);
      }
    }
    strictEqual(new MethodNotFound("x") instanceof Error, true);
  });

  it("that needs initial state says so without it", () => {
    const chain = new MockChain();
    chain.deploy("gate", made.gate);
    const outcome = chain.call({ receiver: "gate", method: "reset_batch_tail", predecessor: "x.near" });
    match(outcome.panic ?? "", /not initialized/);
  });
});
