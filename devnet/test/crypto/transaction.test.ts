import { deepStrictEqual, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import {
  actions,
  createTransaction,
  DelegateAction,
  encodeTransaction as encodeByNearApi,
  PublicKey,
} from "near-api-js";
import { BorshError } from "../../src/crypto/borsh/reader.ts";
import { parsePublicKey } from "../../src/crypto/keys.ts";
import {
  decodeSignedTransaction,
  decodeTransaction,
  encodeSignedTransaction,
  encodeTransaction,
  transactionHash,
} from "../../src/crypto/transaction.ts";

const KEY = "ed25519:9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj";
const SECP_KEY = "secp256k1:3aMVMxsoAnHUbweXMtdKaN1uJaNwsfKv7wnc97SDGjXhyK62VyJwhPUPLZefKVthcoUcuWK6cqkSU4M542ipNxS3";

describe("a transaction that near-api-js encoded", () => {
  const nearKey = PublicKey.fromString(KEY);
  const cases = {
    createAccount: actions.createAccount(),
    deployContract: actions.deployContract(Uint8Array.of(0, 97, 115, 109)),
    functionCall: actions.functionCall("do_it", Uint8Array.of(1, 2), 30_000_000_000_000n, 2n ** 100n),
    transfer: actions.transfer(2n ** 127n),
    stake: actions.stake(5n, nearKey),
    "addKey with full access": actions.addFullAccessKey(nearKey),
    "addKey for function calls": actions.addFunctionCallAccessKey(nearKey, "count.mike.near", ["increase"], 50n),
    deleteKey: actions.deleteKey(PublicKey.fromString(SECP_KEY)),
    deleteAccount: actions.deleteAccount("mike.near"),
  };

  for (const [name, action] of Object.entries(cases)) {
    it(`is read and written to the same bytes: ${name}`, () => {
      const transaction = createTransaction(
        "alice.near",
        nearKey,
        "app.near",
        7n,
        [action],
        new Uint8Array(32).fill(9),
      );
      const bytes = encodeByNearApi(transaction);
      const read = decodeTransaction(bytes);
      strictEqual(read.actions[0]?.kind, name.split(" ")[0]);
      deepStrictEqual(Buffer.from(encodeTransaction(read)), Buffer.from(bytes));
    });
  }

  it("is read with the key's limits", () => {
    const action = cases["addKey for function calls"];
    const transaction = createTransaction("alice.near", nearKey, "app.near", 7n, [action], new Uint8Array(32));
    deepStrictEqual(decodeTransaction(encodeByNearApi(transaction)).actions, [
      {
        kind: "addKey",
        publicKey: parsePublicKey(KEY),
        accessKey: {
          nonce: 0n,
          permission: {
            kind: "functionCall",
            allowance: 50n,
            receiverId: "count.mike.near",
            methodNames: ["increase"],
          },
        },
      },
    ]);
  });

  it("is read with the delegate it carries", () => {
    const delegateAction = new DelegateAction({
      senderId: "alice.near",
      receiverId: "app.near",
      actions: [cases.transfer],
      nonce: 8n,
      maxBlockHeight: 1000n,
      publicKey: nearKey,
    });
    const data = new Uint8Array(64).fill(3);
    const action = actions.signedDelegate({ delegateAction, signature: { ed25519Signature: { data } } as never });
    const transaction = createTransaction("relay.near", nearKey, "alice.near", 7n, [action], new Uint8Array(32));
    const [read] = decodeTransaction(encodeByNearApi(transaction)).actions;
    strictEqual(read?.kind, "delegate");
    strictEqual(read.signedDelegate.delegateAction.senderId, "alice.near");
    deepStrictEqual(read.signedDelegate.signature, { curve: "ed25519", data });
  });
});

describe("a signed transaction", () => {
  it("is read back with its signature, on either curve", () => {
    const transaction = {
      signerId: "alice.near",
      publicKey: parsePublicKey(SECP_KEY),
      nonce: 1n,
      receiverId: "bob.near",
      blockHash: new Uint8Array(32),
      actions: [{ kind: "transfer", deposit: 1n }],
    } as const;
    for (const [curve, length] of [
      ["ed25519", 64],
      ["secp256k1", 65],
    ] as const) {
      const signed = { transaction, signature: { curve, data: new Uint8Array(length).fill(1) } };
      deepStrictEqual(decodeSignedTransaction(encodeSignedTransaction(signed)), signed);
    }
  });
});

describe("a transaction's bytes", () => {
  const bytes = encodeTransaction({
    signerId: "alice.near",
    publicKey: parsePublicKey(KEY),
    nonce: 1n,
    receiverId: "bob.near",
    blockHash: new Uint8Array(32),
    actions: [{ kind: "transfer", deposit: 1n }],
  });

  it("are refused with one byte more or any byte less", () => {
    throws(() => decodeTransaction(Uint8Array.of(...bytes, 0)), new BorshError("Not all bytes read"));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        throws(() => decodeTransaction(bytes.subarray(0, length)), BorshError);
      }),
    );
  });

  it("are either refused or the only encoding of what they mean", () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = Uint8Array.from(bytes, (byte, at) => (at === index ? byte ^ change : byte));
        let read: ReturnType<typeof decodeTransaction>;
        try {
          read = decodeTransaction(changed);
        } catch (error) {
          return error instanceof BorshError;
        }
        deepStrictEqual(encodeTransaction(read), changed);
        return Buffer.compare(transactionHash(read), transactionHash(decodeTransaction(bytes))) !== 0;
      }),
    );
  });
});
