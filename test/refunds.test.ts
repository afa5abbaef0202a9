import assert from "node:assert/strict";
import { recordSchema } from "@outlayer/workflow";
import { checkRun, type Posted } from "./checker/check.ts";
import { runOfSystem } from "./checker/run-of-system.ts";
import { signIntents } from "./support/actors.ts";
import { gateTrace } from "./support/chain-dump.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, registerStep } from "./support/steps.ts";
import { internalToken, type System, startSystem } from "./support/system.ts";

const wrap = "nep141:wrap.near";
const halt = { on_failure: "halt" };
/** An account that exists, has no code, and is registered with no token. */
const stranger = "mike.near";
const receiver = "receiver.near";

const raw = (...intents: object[]) => ({ kind: "intents.execute_raw", intents });
const ftWithdraw = (more: object = {}) =>
  raw({ intent: "ft_withdraw", token: "wrap.near", receiver_id: stranger, amount: "1000", ...more });
const notified = (receiver_id: string, msg: string) =>
  raw({ intent: "transfer", receiver_id, tokens: { [wrap]: "1000" }, msg });
const asks = (wish: object) => JSON.stringify(wish);
const notRegistered = `Smart contract panicked: The account ${stranger} is not registered`;

/** An outcome of the record, and its error. */
type Said = readonly [outcome: string, error: string | RegExp | null];
interface Named {
  readonly request_id: string;
  readonly idempotency_key: string;
  readonly wallet_id: string;
}
interface Record {
  readonly status: string;
  readonly error_code: string | null;
  readonly user_visible_error: string | null;
  readonly step_outcomes: readonly { readonly outcome: string; readonly error: string | null }[];
  readonly balance_deltas: object;
}

function assertSaid(record: Record, ...expected: readonly Said[]): void {
  assert.equal(record.step_outcomes.length, expected.length);
  for (const [index, [outcome, error]] of expected.entries()) {
    const said = record.step_outcomes[index];
    assert.equal(said?.outcome, outcome, `step ${index}: ${said?.error}`);
    if (error instanceof RegExp) assert.match(said?.error ?? "", error);
    else assert.equal(said?.error, error);
  }
}

describeShapes("steps that the verifier takes back (rule: succeeded-is-kept)", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape });
    const { verifier } = system.devnet.controls;
    const [wallet] = system.devnet.wallets;
    verifier.credit(wallet?.accountId ?? "", "nep171:art.near:1", 1n);
    verifier.credit(wallet?.accountId ?? "", "nep171:art.near:2", 1n);
    verifier.credit(wallet?.accountId ?? "", "nep245:items.near:sword", 100n);
  });
  after(() => system.stop());

  const posted: Posted[] = [];
  const note = ({ request_id: requestId, idempotency_key: key, wallet_id: walletId }: Named) =>
    posted.push({ requestId, key, walletId });

  const ended = async (steps: readonly object[], wishes: object = {}, walletId = "wallet-1") => {
    const rest = system.rest(walletId);
    const record = await rest.ended(await rest.begin(steps, undefined, wishes));
    note(record);
    return record;
  };
  const run = async (steps: readonly object[], wishes: object = {}): Promise<Record> => {
    const before = held();
    const record = await ended(steps, wishes);
    assert.deepEqual(recordSchema.parse(record), record);
    // The chain's own word for what the record says was moved.
    const moved = Object.entries(held()).flatMap(([token, amount]) => {
      const delta = amount - (before[token] ?? 0n);
      return delta === 0n ? [] : [[`${token}:intents`, String(delta)]];
    });
    assert.deepEqual(record.balance_deltas, Object.fromEntries(moved));
    for (const { ambiguous } of Object.values(record.balance_views as { ambiguous: boolean }[])) {
      assert.equal(ambiguous, false);
    }
    return record;
  };
  const held = () => {
    const accountId = system.devnet.wallets[0]?.accountId ?? "";
    const tokens = [wrap, "nep171:art.near:1", "nep171:art.near:2", "nep245:items.near:sword"];
    return Object.fromEntries(
      tokens.map((token) => [token, system.devnet.controls.verifier.balanceOf(accountId, token)]),
    );
  };

  it("ft_withdraw to an account that the token does not know, under halt: refunded, and nothing runs after it", async () => {
    const record = await run([ftWithdraw(), dust], halt);
    assert.deepEqual([record.status, record.error_code], ["failed", "refunded"]);
    assert.equal(record.user_visible_error, `step 1 of 2 was refunded: ${notRegistered}`);
    assertSaid(record, ["refunded", notRegistered], ["not_executed", /.*/]);
    assert.deepEqual(record.balance_deltas, {});
  });

  it("says so over gRPC as over REST, and in the event that tells of the step", async () => {
    const { request_id: requestId } = await ended([ftWithdraw()]);
    const headers = { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": internalToken };
    const stream = await fetch(`${system.product.restUrl}/wallet/v1/workflows/${requestId}/events`, { headers });
    const told = [...(await stream.text()).matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
    const resolved = told.find(({ event }) => event === "step_resolved");
    assert.deepEqual(resolved.step_outcomes, [{ outcome: "refunded", error: notRegistered, possible_until: null }]);
    assert.deepEqual([told.at(-1).event, told.at(-1).error_code], ["ended", "refunded"]);
    const answer = await fetch(`${system.product.http.evidence}/outlayer.evidence.v1.RecordService/GetRecord`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ requestId }),
    });
    const { errorCode, stepOutcomes } = (await answer.json()) as { errorCode: string; stepOutcomes: object[] };
    assert.equal(errorCode, "refunded");
    assert.deepEqual(stepOutcomes, [{ outcome: "refunded", error: notRegistered }]);
  });

  it("the same where failures do not halt: the next step runs, and the code says that not all came back", async () => {
    const record = await run([ftWithdraw(), dust]);
    assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
    assertSaid(record, ["refunded", notRegistered], ["succeeded", null]);
    assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-1000000000000000000" });
  });

  it("a transfer with a message to an account without code comes back", async () => {
    const record = await run([notified(stranger, "hello"), dust], halt);
    assert.deepEqual([record.status, record.error_code], ["failed", "refunded"]);
    assertSaid(record, ["refunded", /CodeDoesNotExist/], ["not_executed", /.*/]);
  });

  it("a transfer that its receiver keeps has succeeded, and one that the receiver sends back has not", async () => {
    assertSaid(await run([notified(receiver, asks({}))]), ["succeeded", null]);
    const record = await run([notified(receiver, asks({ keep: "0" }))]);
    assert.deepEqual([record.status, record.error_code], ["failed", "refunded"]);
    assertSaid(record, ["refunded", "the receiver did not keep all of it"]);
  });

  it("a part that comes back is named, counts in the deltas, and halts; the code is not `refunded`", async () => {
    const part = `the receiver did not keep all of it (in part: 400 of ${wrap} came back)`;
    for (const step of [
      notified(receiver, asks({ keep: "600" })),
      ftWithdraw({ receiver_id: receiver, msg: asks({ keep: "600" }) }),
    ]) {
      const record = await run([step, dust], halt);
      assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
      assert.equal(record.user_visible_error, `step 1 of 2 was refunded: ${part}`);
      assertSaid(record, ["refunded", part], ["not_executed", /.*/]);
      assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-600" });
    }
  });

  it("a withdrawal with a message succeeds where its receiver keeps all, and comes back where the receiver fails", async () => {
    assertSaid(await run([ftWithdraw({ receiver_id: receiver, msg: asks({}) })]), ["succeeded", null]);
    const record = await run([ftWithdraw({ receiver_id: receiver, msg: asks({ fail: "no thanks" }) })]);
    assertSaid(record, ["refunded", "the receiver did not keep all of it"]);
  });

  it("a withdrawal with a message whose token fails is not given back, and is said to be lost", async () => {
    const record = await run([ftWithdraw({ msg: asks({}) }), dust], halt);
    assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
    assert.equal(record.user_visible_error, `step 1 of 2 failed on chain: ${notRegistered} (not refunded)`);
    assertSaid(record, ["failed_on_chain", `${notRegistered} (not refunded)`], ["not_executed", /.*/]);
    assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-1000" });
  });

  it("native_withdraw to an account that does not exist fails, and is not refunded", async () => {
    const step = raw({ intent: "native_withdraw", receiver_id: "nobody.near", amount: "1000" });
    const record = await run([step, dust], halt);
    assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
    assertSaid(
      record,
      ["failed_on_chain", /AccountDoesNotExist.*nobody\.near.* \(not refunded\)$/],
      ["not_executed", /.*/],
    );
    assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-1000" });
    const paid = raw({ intent: "native_withdraw", receiver_id: stranger, amount: "1000" });
    assertSaid(await run([paid]), ["succeeded", null]);
  });

  it("storage_deposit that the contract refuses fails, and is not refunded", async () => {
    const deposit = (amount: string) =>
      raw({ intent: "storage_deposit", contract_id: "usdc.near", deposit_for_account_id: stranger, amount });
    const record = await run([deposit("1000")]);
    const error =
      "Smart contract panicked: The attached deposit is less than the minimum storage balance (not refunded)";
    assertSaid(record, ["failed_on_chain", error]);
    assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-1000" });
    assertSaid(await run([deposit("1250000000000000000000")]), ["succeeded", null]);
  });

  it("nft_withdraw and mt_withdraw come back whole or in part, as their contracts say", async () => {
    const nft = (token_id: string, more: object) =>
      raw({ intent: "nft_withdraw", token: "art.near", token_id, receiver_id: receiver, ...more });
    const mt = (more: object) =>
      raw({
        intent: "mt_withdraw",
        token: "items.near",
        token_ids: ["sword"],
        amounts: ["10"],
        receiver_id: receiver,
        ...more,
      });
    for (const step of [nft("1", { receiver_id: stranger }), mt({ receiver_id: stranger })]) {
      assertSaid(await run([step]), ["refunded", notRegistered]);
    }
    for (const step of [nft("1", { msg: asks({ keep: "0" }) }), mt({ msg: asks({ keep: "0" }) })]) {
      assertSaid(await run([step]), ["refunded", "the receiver did not keep all of it"]);
    }
    const part = "the receiver did not keep all of it (in part: 4 of nep245:items.near:sword came back)";
    assertSaid(await run([mt({ msg: asks({ keep: "6" }) })]), ["refunded", part]);
    for (const step of [nft("1", {}), mt({}), nft("2", { msg: asks({}) }), mt({ msg: asks({}) })]) {
      assertSaid(await run([step]), ["succeeded", null]);
    }
  });

  it("auth_call that fails has failed on chain, with its deposit or without", async () => {
    const call = (more: object) => raw({ intent: "auth_call", contract_id: receiver, msg: asks({}), ...more });
    assertSaid(await run([call({})]), ["succeeded", null]);
    assertSaid(await run([call({ attached_deposit: "5" })]), ["succeeded", null]);
    const refused = asks({ fail: "not you" });
    const error = "Smart contract panicked: not you (not refunded)";
    assertSaid(await run([call({ msg: refused }), dust], halt), ["failed_on_chain", error], ["not_executed", /.*/]);
    const record = await run([call({ msg: refused, attached_deposit: "5" })]);
    assertSaid(record, ["failed_on_chain", error]);
    assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-5" });
  });

  it("halt waits for a receiver that answers many blocks later, whatever it answers (rule: halt-waits-for-the-aftermath)", async () => {
    const dispatches = () => gateTrace(system.devnet).filter(({ ev }) => ev === "intent_dispatched").length;
    for (const [keep, outcome] of [
      ["0", "refunded"],
      ["1000", "succeeded"],
    ] as const) {
      const before = dispatches();
      const steps = [notified(receiver, asks({ keep, after: 25 })), dust];
      const record = await ended(steps, halt);
      assert.equal(record.step_outcomes[0].outcome, outcome);
      assert.equal(dispatches() - before, outcome === "refunded" ? 1 : 2);
      assert.equal(record.status, outcome === "refunded" ? "failed" : "succeeded");
      if (outcome === "refunded") continue;
      const { block_height: ran } = record.dispatch_receipts[0];
      assert.ok(record.dispatch_block_heights[1] >= ran + 25, "the second step waited for the receiver's answer");
    }
  });

  it("without halt nobody waits: the next step of a chain, or of steps one by one, runs before the answer", async () => {
    const slow = notified(receiver, asks({ keep: "0", after: 25 }));
    for (const [next, ordering] of [
      [dust, "gate_chained"],
      [registerStep(1), "gate_stepwise"],
    ] as const) {
      const record = await ended([slow, next]);
      assert.equal(record.ordering_model, ordering);
      assertSaid(record, ["refunded", "the receiver did not keep all of it"], ["succeeded", null]);
      const { block_height: ran } = record.dispatch_receipts[0];
      assert.ok(record.dispatch_block_heights[1] < ran + 25, "the second step did not wait");
    }
  });

  it("one payload with several fates is what became of the worst of them", async () => {
    const withdraw = ftWithdraw().intents[0];
    const pay = (receiver_id: string) => ({ intent: "native_withdraw", receiver_id, amount: "7" });
    const { intents: kept } = ftWithdraw({ receiver_id: receiver });
    const part = `${notRegistered} (in part: 1000 of ${wrap} came back)`;
    assertSaid(await run([raw(...[withdraw, ...kept].flatMap((one) => one ?? []))]), ["refunded", part]);
    const lost = new RegExp(`AccountDoesNotExist.* \\(not refunded; only 1000 of ${wrap} came back\\)$`);
    assertSaid(await run([raw(...[withdraw, pay("nobody.near")].flatMap((one) => one ?? []))]), [
      "failed_on_chain",
      lost,
    ]);
  });

  it("a batch's calls are followed too", async () => {
    const near_intents = { intents: ftWithdraw().intents };
    const call = { receiver_id: "intents.near", method_name: "execute_intents", gas: "100000000000000", near_intents };
    const request = { gate_id: system.devnet.gateId, calls: [call] };
    let { body } = await system.rest().post("/sequential-batch", request, { prefer: "wait=25" });
    while (body.retry_after_ms !== null)
      ({ body } = await system.rest().get(`/sequential-batch/${body.request_id}?wait=20`));
    note(body);
    assert.deepEqual([body.status, body.error_code], ["failed", "refunded"], body.user_visible_error);
    assertSaid(body, ["refunded", notRegistered]);
  });

  it("what others' payloads set off in our call is their own affair", async () => {
    const maker = [
      { intent: "token_diff", diff: { [wrap]: "1000", "nep141:usdc.near": "-2" } },
      { intent: "native_withdraw", receiver_id: "nobody.near", amount: "500" },
      { intent: "ft_withdraw", token: "wrap.near", receiver_id: stranger, amount: "500" },
    ];
    const swap = {
      kind: "intents.swap",
      token_in: wrap,
      token_out: "nep141:usdc.near",
      amount_in: "1001",
      min_amount_out: "1",
      counterparty_signed: [await signIntents(system.devnet, "wallet-2", maker)],
    };
    const record = await ended([swap]);
    assertSaid(record, ["succeeded", null]);
  });

  it("what came back counts no more against the wallet's limits, and what is lost does (rule: usage-is-released-when-nothing-ran)", async () => {
    system.devnet.controls.wallets.setPolicy("wallet-3", {
      rules: { transaction_types: ["intents_withdraw", "call"], limits: { daily: { [wrap]: "1500" } } },
    });
    const lost = raw({ intent: "native_withdraw", receiver_id: "nobody.near", amount: "1000" });
    const codes: (string | null)[] = [];
    for (const step of [ftWithdraw(), ftWithdraw(), lost, lost]) {
      const { error_code } = await ended([step], {}, "wallet-3");
      codes.push(error_code);
    }
    assert.deepEqual(codes, ["refunded", "refunded", "dispatch_failed", "policy_denied"]);
  });

  it("leaves nothing that a checker of chain and logs could object to", async () => {
    assert.deepEqual(checkRun(await runOfSystem(system, posted)), []);
  });
});
