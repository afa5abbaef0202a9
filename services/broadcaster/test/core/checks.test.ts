import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { type GateCall, GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { isViewMissing, panicText } from "../../src/core/chain/panic-text.ts";
import { checkCode, checkOwner, checkPending } from "../../src/core/checks/gate.ts";
import { checkPayouts, needsOf, registrationKey } from "../../src/core/checks/payouts.ts";
import { checkReceiversExist, checkReceiversHaveCode } from "../../src/core/checks/receivers.ts";
import { checkSimulation, rehearsals } from "../../src/core/checks/simulation.ts";
import { checkDeadlines, checkDelegateNonce } from "../../src/core/checks/wallet.ts";
import { type KeyPermission, mayCall } from "../../src/core/gate/access-key.ts";

const intents = (counterpartySignedJson: string[] = [], notAfterMs?: bigint): GateCall =>
  create(GateCallSchema, {
    receiverId: "intents.near",
    payload: {
      case: "intents",
      value: { intentsJson: "[]", counterpartySignedJson, ...(notAfterMs === undefined ? {} : { notAfterMs }) },
    },
  });
const plain = create(GateCallSchema, {
  receiverId: "register.near",
  payload: { case: "args", value: new Uint8Array() },
});

const token = "nep141:blocking";
const deltas = (unmatched_deltas: object) => ({ error: "unmatched_deltas", unmatched_deltas });

describe("the answer to a simulation (rule: simulated-payload-never-balances)", () => {
  const calls = [intents(['{"b":1}']), plain, intents()];
  const planned = rehearsals(calls, ['{"a":1}', "", '{"c":1}']);
  /** What the verifier answers when all is as it should be. */
  const answers = [
    { invariant_violated: deltas({ [token]: "1" }), intents_executed: [1, 2] },
    { invariant_violated: deltas({ [token]: "2" }), intents_executed: [1, 2, 3] },
  ];
  const judge = (...given: readonly object[]) =>
    checkSimulation(
      calls.length,
      planned.map((rehearsal, index) => {
        const answer = given[index] ?? {};
        return { ...rehearsal, answer: "panic" in answer ? { panic: String(answer.panic) } : { value: answer } };
      }),
      token,
    );

  it("is asked for every step with intents, with all payloads up to it in their order", () => {
    assert.deepEqual(planned, [
      { step: 0, blocked: 1, payloads: 2, argsJson: '{"signed":[{"a":1},{"b":1}]}' },
      { step: 2, blocked: 2, payloads: 3, argsJson: '{"signed":[{"a":1},{"b":1},{"c":1}]}' },
    ]);
  });

  it("must be exactly one blocking unit a payload of ours", () => {
    const found = judge(...answers);
    assert.deepEqual([found.ok, found.actual], [true, `unmatched_deltas {"${token}":"2"}`]);
  });

  const [first, second] = answers as [object, object];
  const cases: readonly [name: string, answers: readonly object[], actual: string, message: RegExp][] = [
    ["a panic", [first, { panic: "no" }], "no", /^step 3 of 3 would fail in the verifier: no$/],
    [
      "a batch that balances, which could be executed",
      [{ intents_executed: [1, 2] }, second],
      "balanced",
      /^step 1 of 3/,
    ],
    [
      "another delta beside it",
      [first, { ...second, invariant_violated: deltas({ [token]: "2", "nep141:a": "-1" }) }],
      `unmatched_deltas {"nep141:a":"-1","${token}":"2"}`,
      /^step 3 of 3 does not balance/,
    ],
    [
      "another delta instead of it",
      [{ ...first, invariant_violated: deltas({ "nep141:a": "1" }) }, second],
      'unmatched_deltas {"nep141:a":"1"}',
      /^step 1 of 3/,
    ],
    [
      "too few of it",
      [first, { ...second, invariant_violated: deltas({ [token]: "1" }) }],
      `unmatched_deltas {"${token}":"1"}`,
      /^step 3 of 3/,
    ],
    [
      "steps that balance only together",
      [
        { ...first, invariant_violated: deltas({ [token]: "1", "nep141:a": "5" }) },
        { ...second, invariant_violated: deltas({ [token]: "2" }) },
      ],
      `unmatched_deltas {"nep141:a":"5","${token}":"1"}`,
      /^step 1 of 3/,
    ],
    ["an overflow", [{ ...first, invariant_violated: { error: "overflow" } }], '{"error":"overflow"}', /^step 1 of 3/],
    ["a payload that was left out", [first, { ...second, intents_executed: [1, 2] }], "2 payloads", /^step 3 of 3/],
    ["no answer of the known shape", [], "balanced", /^step 1 of 3/],
  ];
  for (const [name, given, actual, message] of cases) {
    it(`reports ${name}`, () => {
      const found = judge(...given);
      assert.deepEqual([found.ok, found.actual], [false, actual]);
      assert.match(found.message, message);
    });
  }

  it("is not needed where no step has intents", () => {
    assert.equal(checkSimulation(1, [], token).ok, true);
    assert.deepEqual(rehearsals([plain], [""]), []);
  });
});

describe("which key may make a call", () => {
  const use = { receiverId: "gate.near", methodName: "submit_intent", depositYocto: 0n, gasYocto: 10n };
  const key = (change: Partial<Extract<KeyPermission, { kind: "function_call" }>> = {}): KeyPermission => ({
    kind: "function_call",
    receiverId: "gate.near",
    methodNames: ["submit_intent"],
    allowanceYocto: 10n,
    ...change,
  });

  it("one with full access, and one for this contract, method and cost, without a deposit", () => {
    assert.equal(mayCall({ kind: "full_access" }, { ...use, depositYocto: 1n }), true);
    assert.equal(mayCall(key(), use), true);
    assert.equal(mayCall(key({ methodNames: [], allowanceYocto: undefined }), use), true);
    assert.equal(mayCall(key(), { ...use, depositYocto: 1n }), false);
    assert.equal(mayCall(key({ receiverId: "other.near" }), use), false);
    assert.equal(mayCall(key({ methodNames: ["other"] }), use), false);
    assert.equal(mayCall(key({ allowanceYocto: 9n }), use), false);
  });
});

describe("checks of gate and wallet, by themselves", () => {
  it("compare code and owner only with what was agreed", () => {
    assert.equal(checkCode("a", undefined).ok, true);
    assert.equal(checkCode("a", "a").ok, true);
    assert.equal(checkCode("a", "b").ok, false);
    assert.equal(checkOwner("a", undefined).ok, true);
    assert.equal(checkOwner("a", "b").ok, false);
    assert.equal(
      checkPending(1).message,
      "1 intent of others is pending on the gate: a chain of theirs may start at any time",
    );
  });

  it("take the first of the deadlines, and none that is now", () => {
    const calls = [plain, intents([], 5000n), intents([], 4000n)];
    assert.equal(checkDeadlines(calls, 3999).ok, true);
    assert.equal(checkDeadlines(calls, 4000).ok, false);
    assert.equal(checkDeadlines([plain, intents()], 4000).ok, true);
  });

  it("want a key's nonce well above the milliseconds of the clock, or no key at all", () => {
    assert.equal(checkDelegateNonce("a", undefined, 1000).ok, true);
    assert.equal(checkDelegateNonce("a", 1_000_001_000n, 1000).ok, false);
    assert.equal(checkDelegateNonce("a", 1_000_001_001n, 1000).ok, true);
  });

  it("tell a view that a contract does not have from one that failed", () => {
    assert.equal(isViewMissing("wasm execution failed with error: MethodResolveError(MethodNotFound)"), true);
    assert.equal(isViewMissing('HostError(GuestPanic { panic_msg: "no" })'), false);
  });

  it("show a view's panic as receipts do, and take nothing else for one", () => {
    const wrapped = 'query:  wasm execution failed with error: HostError(GuestPanic { panic_msg: "a \\"b\\" c" })';
    assert.equal(panicText(wrapped), 'Smart contract panicked: a "b" c');
    assert.equal(panicText("query: UNKNOWN_BLOCK DB Not Found Error"), undefined);
    assert.equal(panicText('GuestPanic { panic_msg: "\\u{1f}" }'), 'Smart contract panicked: "\\u{1f}"');
  });
});

describe("the accounts that the steps call", () => {
  const calls = ["a.near", "b.near", "a.near"].map((receiverId) => create(GateCallSchema, { receiverId }));
  const found = (a: "contract" | "no_code" | "no_account", b: typeof a) => {
    const standings = new Map([
      ["a.near", a],
      ["b.near", b],
    ]);
    return [checkReceiversExist(calls, standings), checkReceiversHaveCode(calls, standings)].map(({ ok, message }) => {
      return ok ? "ok" : message;
    });
  };

  it("must exist and have a contract, and the first that does not is named", () => {
    assert.deepEqual(found("contract", "contract"), ["ok", "ok"]);
    assert.deepEqual(found("contract", "no_account"), ["step 2 of 3 calls b.near, which does not exist", "ok"]);
    assert.deepEqual(found("no_code", "no_code"), ["ok", "step 1 of 3 calls a.near, which has no contract"]);
    assert.deepEqual(found("no_code", "no_account"), [
      "step 2 of 3 calls b.near, which does not exist",
      "step 1 of 3 calls a.near, which has no contract",
    ]);
  });
});

describe("receivers of what intents send (rule: certain-refund-is-told-before)", () => {
  const callsOf = (...steps: (readonly object[])[]) =>
    steps.map((list) =>
      create(GateCallSchema, {
        receiverId: "intents.near",
        payload: { case: "intents", value: { intentsJson: JSON.stringify(list) } },
      }),
    );
  const withdraw = { intent: "ft_withdraw", token: "t.near", receiver_id: "a.near", amount: "1" };
  const unknown = { targets: new Map(), registered: new Map([[registrationKey("t.near", "a.near"), false]]) };
  const check = (calls: readonly GateCall[], facts: Parameters<typeof checkPayouts>[2] = unknown) => {
    const { ok, actual } = checkPayouts(needsOf(calls), calls.length, facts);
    return ok ? "ok" : actual;
  };

  it("have to be registered with the token, unless somebody pays for that before", () => {
    assert.equal(check(callsOf([withdraw])), "a.near is not registered with t.near");
    assert.equal(check(callsOf([{ ...withdraw, storage_deposit: null }])), "a.near is not registered with t.near");
    assert.equal(check(callsOf([{ ...withdraw, storage_deposit: "1" }])), "ok");
    const pays = { intent: "storage_deposit", contract_id: "t.near", deposit_for_account_id: "a.near", amount: "1" };
    assert.equal(check(callsOf([pays], [withdraw])), "ok");
    assert.equal(check(callsOf([pays, withdraw])), "ok");
    assert.equal(check(callsOf([withdraw], [pays])), "a.near is not registered with t.near");
    const { deposit_for_account_id: account_id, ...former } = pays;
    assert.equal(check(callsOf([{ ...former, account_id }, withdraw])), "ok");
    assert.equal(
      check(callsOf([{ ...pays, contract_id: "u.near" }, withdraw])),
      "a.near is not registered with t.near",
    );
  });

  it("are not blamed for what could not be found out", () => {
    assert.equal(check(callsOf([withdraw]), { targets: new Map(), registered: new Map() }), "ok");
  });

  it("have to have a contract where they are notified or called, and to exist where they are paid NEAR", () => {
    const bare = {
      targets: new Map([
        ["a.near", "no_code"],
        ["t.near", "contract"],
      ] as const),
      registered: new Map(),
    };
    const message = { intent: "transfer", receiver_id: "a.near", tokens: { "nep141:t.near": "1" } };
    const cases: [intent: object, actual: string][] = [
      [{ ...message, msg: "" }, "a.near has no contract"],
      [{ ...message, msg: null }, "ok"],
      [message, "ok"],
      [{ ...withdraw, msg: "m" }, "a.near has no contract"],
      [{ ...withdraw, token: "a.near", receiver_id: "b.near" }, "a.near has no contract"],
      [{ intent: "nft_withdraw", token: "t.near", token_id: "1", receiver_id: "a.near" }, "ok"],
      [
        { intent: "nft_withdraw", token: "t.near", token_id: "1", receiver_id: "a.near", msg: "m" },
        "a.near has no contract",
      ],
      [{ intent: "mt_withdraw", token: "t.near", receiver_id: "a.near", msg: "m" }, "a.near has no contract"],
      [{ intent: "auth_call", contract_id: "a.near", msg: "" }, "a.near has no contract"],
      [
        { intent: "storage_deposit", contract_id: "a.near", deposit_for_account_id: "b.near", amount: "1" },
        "a.near has no contract",
      ],
      [{ intent: "native_withdraw", receiver_id: "a.near", amount: "1" }, "ok"],
      [{ intent: "token_diff", diff: {} }, "ok"],
    ];
    for (const [intent, actual] of cases) assert.equal(check(callsOf([intent]), bare), actual, JSON.stringify(intent));
    const [named, implicit] = ["b.near", "0".repeat(64)];
    const gone = {
      targets: new Map([
        [named, "no_account"],
        [implicit, "no_account"],
      ] as const),
      registered: new Map(),
    };
    const pay = (receiver_id: string) => callsOf([{ intent: "native_withdraw", receiver_id, amount: "1" }]);
    assert.equal(check(pay(named), gone), "b.near does not exist");
    // A transfer makes such an account.
    assert.equal(check(pay(implicit), gone), "ok");
  });
});
