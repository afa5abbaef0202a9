import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { findAccountProblem } from "../../src/core/workflow/own-account.ts";
import { findShortfall, movementsOf, tokensOf } from "../../src/core/workflow/wallet-money.ts";

const call = (intents: readonly object[], signerId?: string) =>
  create(GateCallSchema, {
    receiverId: "intents.near",
    methodName: "execute_intents",
    payload: {
      case: "intents",
      value: { intentsJson: JSON.stringify(intents), ...(signerId === undefined ? {} : { signerId }) },
    },
  });

const transfer = (receiver_id: string, amount = "5", token = "nep141:a.near") => ({
  intent: "transfer",
  receiver_id,
  tokens: { [token]: amount },
});

describe("rules about the wallet's own account, once it is known", () => {
  it("refuses intents that name another signer", () => {
    assert.equal(findAccountProblem([call([], "alice")], "alice"), undefined);
    assert.equal(
      findAccountProblem([call([]), call([], "bob")], "alice"),
      "step 2 of 2 names bob as signer, not the wallet's own account alice",
    );
  });

  it("refuses a transfer to oneself", () => {
    assert.equal(findAccountProblem([call([transfer("bob")])], "alice"), undefined);
    assert.equal(
      findAccountProblem([call([transfer("alice")])], "alice"),
      "step 1 of 1 transfers to the wallet's own account",
    );
  });
});

describe("what a workflow moves", () => {
  it("counts every intent that takes from the wallet, and what a swap brings", () => {
    const moves = (intent: object, wrappedNearId = "wrap.near") =>
      movementsOf(call([intent]), wrappedNearId).map(({ token, amount }) => [token, amount]);
    const contract = { token: "t.near", receiver_id: "b.near" };
    assert.deepEqual(moves(transfer("b.near")), [["nep141:a.near", -5n]]);
    assert.deepEqual(moves({ intent: "token_diff", diff: { x: "-3", y: "4" } }), [
      ["x", -3n],
      ["y", 4n],
    ]);
    assert.deepEqual(moves({ intent: "ft_withdraw", ...contract, amount: "7", storage_deposit: "2" }), [
      ["nep141:t.near", -7n],
      ["nep141:wrap.near", -2n],
    ]);
    assert.deepEqual(moves({ intent: "nft_withdraw", ...contract, token_id: "1" }), [["nep171:t.near:1", -1n]]);
    assert.deepEqual(moves({ intent: "mt_withdraw", ...contract, token_ids: ["1", "2"], amounts: ["3", "4"] }), [
      ["nep245:t.near:1", -3n],
      ["nep245:t.near:2", -4n],
    ]);
    for (const intent of ["native_withdraw", "storage_deposit"]) {
      assert.deepEqual(moves({ intent, amount: "6" }), [["nep141:wrap.near", -6n]]);
    }
    assert.deepEqual(moves({ intent: "auth_call", attached_deposit: "1" }), [["nep141:wrap.near", -1n]]);
    assert.deepEqual(moves({ intent: "add_public_key", public_key: "k" }), []);
    // Not a token by that name: what the verifier was made with.
    const paid = { intent: "ft_withdraw", ...contract, amount: "7", storage_deposit: "2" };
    assert.deepEqual(moves(paid, "wrap.testnet")[1], ["nep141:wrap.testnet", -2n]);
    for (const intent of ["native_withdraw", "storage_deposit"]) {
      assert.deepEqual(moves({ intent, amount: "6" }, "wrap.testnet"), [["nep141:wrap.testnet", -6n]]);
    }
  });

  it("finds the first step that the balances do not cover, counting what earlier steps move", () => {
    const calls = [
      call([transfer("b.near", "5")]),
      call([{ intent: "token_diff", diff: { "nep141:a.near": "10", x: "-1" } }]),
      call([transfer("b.near", "11")]),
    ];
    const balances = (a: bigint, x: bigint) =>
      new Map([
        ["nep141:a.near", a],
        ["x", x],
      ]);
    assert.equal(findShortfall(calls, balances(6n, 1n), "wrap.near"), undefined);
    assert.deepEqual(findShortfall(calls, balances(5n, 1n), "wrap.near"), {
      step: 2,
      token: "nep141:a.near",
      balance: 10n,
      needed: 11n,
    });
    assert.deepEqual(findShortfall(calls, balances(6n, 0n), "wrap.near"), {
      step: 1,
      token: "x",
      balance: 0n,
      needed: 1n,
    });
    assert.deepEqual(findShortfall(calls, new Map(), "wrap.near"), {
      step: 0,
      token: "nep141:a.near",
      balance: 0n,
      needed: 5n,
    });
    assert.deepEqual(tokensOf(calls, "wrap.near"), ["nep141:a.near", "x"]);
  });
});
