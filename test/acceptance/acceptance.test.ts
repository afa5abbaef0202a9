import assert from "node:assert/strict";
import { verifyHistory } from "../support/history.ts";
import type { Answer } from "../support/rest-client.ts";
import { type OwnSystem, startOwnSystem } from "./support/own-system.ts";

/** Blocks of 600 ms, and on a real node the first call of a contract takes its compilation: minutes, not seconds. */
const patienceMs = 120_000;

type Record = Answer["body"];

describe("acceptance, on any NEAR node", function () {
  this.timeout(patienceMs * 2);
  let system: OwnSystem;

  before(async () => {
    system = await startOwnSystem();
  });
  after(async () => {
    await system?.[Symbol.asyncDispose]();
  });

  const dust = () => ({
    kind: "intents.transfer",
    token: `nep141:${system.info.wrapped_near_id}`,
    amount: "1000000000000000",
    receiver_id: "mike.near",
  });

  async function executed(body: object, rest = system.rest()): Promise<Record> {
    const { body: begun, status } = await rest.post("/workflows/execute", body, { prefer: "wait=0" });
    assert.equal(status, 202, JSON.stringify(begun));
    return rest.ended(begun.request_id, patienceMs);
  }

  function delta(record: Record): string | undefined {
    return record.balance_deltas[`nep141:${system.info.wrapped_near_id}:intents`];
  }

  const outcomes = (record: Record) => record.step_outcomes.map((step: Record) => step.outcome);
  const gaps = ({ dispatch_block_heights: heights }: Record) =>
    heights.slice(1).map((height: number, index: number) => height - heights[index]);

  it("is ready by preflight, once it has seen the chain", async () => {
    const ready = async () => (await system.rest().get("/preflight")).body;
    let answer = await ready();
    for (const end = Date.now() + patienceMs; !answer.ready && Date.now() < end; answer = await ready()) {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.ok(answer.ready, JSON.stringify(answer));
  });

  it("carries three transfers in one chain, three blocks apart, with an exact delta", async () => {
    const record = await executed({ steps: [dust(), dust(), dust()] });
    assert.equal(record.status, "succeeded", record.user_visible_error);
    assert.deepEqual(
      [outcomes(record), gaps(record)],
      [
        ["succeeded", "succeeded", "succeeded"],
        [3, 3],
      ],
    );
    assert.equal(delta(record), "-3000000000000000");
  });

  it("carries them step by step where the first that fails stops the rest", async () => {
    const record = await executed({ steps: [dust(), dust(), dust()], on_failure: "halt" });
    assert.equal(record.status, "succeeded", record.user_visible_error);
    const heights: number[] = record.dispatch_block_heights;
    assert.deepEqual(
      heights,
      [...heights].sort((one, other) => one - other),
    );
    assert.equal(delta(record), "-3000000000000000");
  });

  it("executes once what is asked for twice, and shows a history that is whole", async () => {
    const body = { steps: [dust()], idempotency_key: `once-${system.info.internal_token.slice(0, 8)}` };
    const first = await executed(body);
    const again = await system.rest().post("/workflows/execute", body, { prefer: "wait=0" });
    assert.deepEqual([again.body.request_id, again.body.head_hash], [first.request_id, first.head_hash]);
    const { http, internal_token: token, wallets } = system.info;
    await verifyHistory(http.evidence ?? "", first, wallets[0]?.wallet_id, token);
  });

  const call = (receiver_id: string, method_name: string) => ({
    route: "gate_proxy",
    receiver_id,
    method_name,
    gas: "30000000000000",
    deposit: "0",
    args_json: {},
  });

  it("ends what is cancelled with nothing executed, or with what was too late to stop", async () => {
    const rest = system.rest();
    const requestId = await rest.begin([dust(), dust(), dust()]);
    await rest.cancel(requestId, 0);
    const record = await rest.ended(requestId, patienceMs);
    const carried = outcomes(record).filter((outcome: string) => outcome === "succeeded").length;
    assert.equal(delta(record) ?? "0", carried === 0 ? "0" : `-${carried}000000000000000`);
    if (carried === 0) assert.equal(record.status, "cancelled");
  });

  it("carries workflows of two wallets beside one another, each with its own delta", async () => {
    const ids = system.info.wallets.map(({ wallet_id }) => wallet_id);
    const records = await Promise.all(ids.map((id) => executed({ steps: [dust(), dust()] }, system.rest(id))));
    for (const record of records) {
      assert.deepEqual([record.status, delta(record)], ["succeeded", "-2000000000000000"], record.user_visible_error);
    }
  });

  it("calls a contract three times, whatever becomes of the one in the middle", async function () {
    const { counterId } = system;
    if (counterId === undefined) {
      // The file of accounts names no counter.
      this.skip();
      return;
    }
    const record = await executed({
      steps: [call(counterId, "increase"), call(counterId, "is_not_there"), call(counterId, "increase")],
    });
    assert.deepEqual(outcomes(record), ["succeeded", "failed_on_chain", "succeeded"], record.user_visible_error);
  });
});
