import { deepStrictEqual, strictEqual } from "node:assert";
import { setGateBatchTail, setGateFeeTiers, setGateRelayer } from "../../../src/contracts/gate/controls.ts";
import { createGate } from "../../../src/contracts/gate/gate.ts";
import { initGate } from "../../../src/contracts/gate/init.ts";
import { MockChain, type Outcome } from "../harness/mock-chain.ts";
import { APPROVER, GATE, gateChain, OWNER, resumeBatch, resumeOne, submit, submitMany, TIER_1 } from "./gate-world.ts";

const asOwner = (chain: MockChain, method: string, args: unknown, predecessor = OWNER): Outcome =>
  chain.call({ receiver: GATE, method, args, predecessor });

describe("the gate's owner", () => {
  it("alone may call the owner's methods", () => {
    const calls: readonly (readonly [method: string, args: unknown])[] = [
      ["add_relayer", { account_id: "new.near" }],
      ["remove_relayer", { account_id: "new.near" }],
      ["set_approver", { approver_id: "new.near" }],
      ["set_fee_tiers", { tiers: [[1, "1"]] }],
      ["withdraw_fees", { amount: "0", to: "new.near" }],
      ["reset_batch_tail", {}],
    ];
    for (const [method, args] of calls) {
      strictEqual(asOwner(gateChain(), method, args, APPROVER).panic, "owner-only", method);
      strictEqual(asOwner(gateChain(), method, args).panic, undefined, method);
    }
  });

  it("whitelists relayers and strikes them off", () => {
    const chain = gateChain();
    const args = { account_id: "new.near" };
    deepStrictEqual(asOwner(chain, "add_relayer", args).logs, ['trace:{"ev":"relayer_added","account":"new.near"}']);
    strictEqual(chain.view(GATE, "is_relayer", args), true);
    deepStrictEqual(asOwner(chain, "remove_relayer", args).logs, [
      'trace:{"ev":"relayer_removed","account":"new.near"}',
    ]);
    strictEqual(chain.view(GATE, "is_relayer", args), false);
  });

  it("rotates the approver", () => {
    const chain = gateChain();
    const { logs } = asOwner(chain, "set_approver", { approver_id: "new.near" });
    deepStrictEqual(logs, ['trace:{"ev":"approver_set","account":"new.near"}']);
    strictEqual(chain.view(GATE, "get_approver"), "new.near");
    strictEqual(resumeBatch(chain, ["0"]).panic, "only approver can batch-resume");
  });

  it("rotates the fee tiers, and only to ascending ones", () => {
    const chain = gateChain();
    const setTo = (tiers: unknown) => asOwner(chain, "set_fee_tiers", { tiers });
    strictEqual(setTo([]).panic, "fee tiers must be non-empty");
    strictEqual(setTo([[0, "1"]]).panic, "fee tier cap must be > 0");
    const notAscending = "fee tier caps must be strictly ascending";
    strictEqual(
      setTo([
        [2, "1"],
        [2, "2"],
      ]).panic,
      notAscending,
    );
    strictEqual(
      setTo([
        [3, "1"],
        [2, "2"],
      ]).panic,
      notAscending,
    );
    deepStrictEqual(
      setTo([
        [1, "5"],
        [2, "4"],
      ]).logs,
      ['trace:{"ev":"fee_tiers_set","tiers_len":2,"max_cap":2}'],
    );
    deepStrictEqual(chain.view(GATE, "get_fee_tiers"), [
      [1, "5"],
      [2, "4"],
    ]);
    submitMany(chain, 3);
    strictEqual(resumeBatch(chain, ["0", "1", "2"]).panic, "batch size 3 exceeds max fee tier (2)");
    strictEqual(resumeBatch(chain, ["0", "1"], 3n).panic, "insufficient fee: required 4 yocto for batch of 2, got 3");
    strictEqual(resumeBatch(chain, ["0", "1"], 4n).ok, true);
  });

  it("withdraws what fees brought, bit by bit, and not more", () => {
    const chain = gateChain();
    submit(chain, { nonce: 1n });
    resumeOne(chain, "0");
    const withdraw = (amount: bigint) => asOwner(chain, "withdraw_fees", { amount: String(amount), to: "till.near" });
    const before = chain.balance("till.near");
    const { logs } = withdraw(5n);
    deepStrictEqual(logs, ['trace:{"ev":"fees_withdrawn","amount":"5","to":"till.near"}']);
    const tooMuch = `insufficient fee balance: requested ${TIER_1}, available ${TIER_1 - 5n}`;
    strictEqual(withdraw(TIER_1).panic, tooMuch);
    strictEqual(withdraw(TIER_1 - 5n).ok, true);
    strictEqual(withdraw(1n).panic, "insufficient fee balance: requested 1, available 0");
    chain.settle();
    strictEqual(chain.balance("till.near"), before + TIER_1);
    deepStrictEqual(chain.view(GATE, "get_fee_stats"), [String(TIER_1), String(TIER_1)]);
  });
});

describe("the fee", () => {
  it("is the smallest tier's that holds the batch, and what is above it is kept", () => {
    const fees: readonly (readonly [count: number, milliNear: bigint, cap: number])[] = [
      [1, 30n, 3],
      [3, 30n, 3],
      [4, 50n, 6],
      [6, 50n, 6],
      [7, 60n, 12],
      [12, 60n, 12],
    ];
    for (const [count, milliNear, cap] of fees) {
      const chain = gateChain();
      submitMany(chain, count);
      const before = chain.balance(GATE);
      const { logs } = resumeBatch(
        chain,
        Array.from({ length: count }, (_, id) => String(id)),
        10n ** 23n,
      );
      const amount = milliNear * 10n ** 21n;
      strictEqual(logs[0], `trace:{"ev":"fee_charged","n":${count},"amount":"${amount}","tier_cap":${cap}}`);
      deepStrictEqual(chain.view(GATE, "get_fee_stats"), [String(amount), "0"]);
      strictEqual(chain.balance(GATE), before + 10n ** 23n);
    }
  });

  it("comes back when the resume panics", () => {
    const chain = gateChain();
    const before = chain.balance(APPROVER);
    strictEqual(resumeBatch(chain, ["9"]).panic, "unknown intent_id 9 in batch");
    strictEqual(chain.balance(APPROVER), before);
  });
});

describe("a new gate", () => {
  it("is made once, whitelists nobody and starts with id 0", () => {
    const chain = new MockChain();
    chain.deploy(GATE, createGate());
    const args = { owner_id: OWNER, approver_id: APPROVER };
    deepStrictEqual(asOwner(chain, "new", args).logs, [
      `trace:{"ev":"gate_inited","owner":"${OWNER}","approver":"${APPROVER}"}`,
    ]);
    deepStrictEqual([chain.view(GATE, "get_owner"), chain.view(GATE, "get_approver")], [OWNER, APPROVER]);
    strictEqual(submit(chain, { nonce: 1n }).panic, "caller is not a whitelisted relayer");
    strictEqual(asOwner(chain, "new", args).panic, "The contract has already been initialized");
    strictEqual((chain.view(GATE, "stats") as string[])[3], "0");
  });
});

describe("the devnet's hand on the gate", () => {
  it("whitelists, prices and jams without the owner", () => {
    const chain = new MockChain();
    chain.deploy(GATE, createGate(), (storage) => {
      initGate(storage, { ownerId: OWNER, approverId: APPROVER });
      setGateRelayer(storage, "in.near", true);
      setGateRelayer(storage, "out.near", true);
      setGateRelayer(storage, "out.near", false);
      setGateFeeTiers(storage, [{ cap: 2, feeYocto: 9n }]);
      setGateBatchTail(storage, [4n, 5n]);
    });
    strictEqual(chain.view(GATE, "is_relayer", { account_id: "in.near" }), true);
    strictEqual(chain.view(GATE, "is_relayer", { account_id: "out.near" }), false);
    deepStrictEqual(chain.view(GATE, "get_fee_tiers"), [[2, "9"]]);
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), ["4", "5"]);
  });
});
