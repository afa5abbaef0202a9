import assert from "node:assert/strict";
import { type ServiceName, serviceNames } from "@outlayer/kit";
import { needMongodb, needNats } from "@outlayer/test-servers";
import { gateCalls, view } from "./support/chain-dump.ts";
import type { Answer, RestClient } from "./support/rest-client.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { dust } from "./support/steps.ts";

const counts = { gateway: 3, planner: 3, evidence: 3 };
const racers = 200;
const workflows = 300;
const walletOf = (index: number) => `wallet-of-many-${index}`;
const receiver = { account_id: dust.receiver_id, token_id: dust.token };

/**
 * Signatures hold for 180 blocks, and what was submitted for 200: of so many processes on the cores of one machine each
 * may need some seconds for a step.
 */
const blockMs = 100;

/** How long all those workflows may take, and how long one request for news of them is held; milliseconds, seconds. */
const limitMs = 400_000;
const holdSecs = 20;

/** Posts as REST asks its callers to: after a 503 again, under the same key. */
async function begun(rest: RestClient, steps: readonly object[], key: string): Promise<string> {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    const request = { steps, idempotency_key: key };
    const { status, body } = await rest.post("/workflows/execute", request, { prefer: "wait=0" });
    if (status !== 503) {
      assert.ok([200, 202].includes(status), `${status}: ${body.message}`);
      return body.request_id;
    }
    assert.ok(Date.now() < giveUpAt, body.message);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

describe("three gateways, planners and evidence processes on one MongoDB", () => {
  let processes: ServiceProcesses;
  let drop: () => Promise<void>;
  before(async function () {
    const NATS_URL = await needNats(this);
    const database = (await needMongodb(this)).database();
    drop = database.drop;
    const wallets = ["wallet-1", ...Array.from({ length: workflows }, (_, index) => walletOf(index))];
    processes = await ServiceProcesses.prepare({
      counts,
      environment: { DATABASE_URL: database.url, NATS_URL, NEAR_POLL_INTERVAL_MS: "30" },
      devnet: { blockTimeMs: blockMs, genesis: { wallets: wallets.map((walletId) => ({ walletId })) } },
    });
    await processes.startAll();
  });
  after(async () => {
    await processes[Symbol.asyncDispose]();
    await drop();
  });

  const submitted = () => gateCalls(processes.devnet, "submit_intent").length;
  const resumed = () => gateCalls(processes.devnet, "resume_batch_chained").length;
  const received = async () => BigInt(String(await view(processes.devnet, "intents.near", "mt_balance_of", receiver)));

  it("make one record and one batch of 200 concurrent POSTs of one key", async () => {
    const requestIds = await Promise.all(
      Array.from({ length: racers }, (_, index) => begun(processes.restOf(index % 3), [dust, dust, dust], "one key")),
    );
    assert.equal(new Set(requestIds).size, 1);
    const record = await processes.restOf(1).ended(requestIds[0] ?? "");
    assert.equal(record.status, "succeeded", `${record.error_code}: ${record.user_visible_error}`);
    assert.deepEqual([submitted(), resumed()], [3, 1]);
  }).timeout(60_000);

  it("carry 300 different workflows out, each once", async () => {
    const before = { submitted: submitted(), resumed: resumed(), received: await received() };
    const giveUpAt = Date.now() + limitMs;
    const run = async (index: number): Promise<Answer["body"]> => {
      const rest = processes.restOf(index % 3, walletOf(index));
      const requestId = await begun(rest, [dust], `key ${index}`);
      for (;;) {
        const { body } = await processes
          .restOf((index + 1) % 3, walletOf(index))
          .get(`/workflows/${requestId}?wait=${holdSecs}`);
        if (body.retry_after_ms === null || Date.now() > giveUpAt) return body;
      }
    };
    const records = await Promise.all(Array.from({ length: workflows }, (_, index) => run(index)));
    const others = records.filter(({ status }) => status !== "succeeded");
    assert.deepEqual(
      others.map(({ request_id, status, user_visible_error }) => [request_id, status, user_visible_error]),
      [],
    );
    const hashes = new Set(records.flatMap(({ submit_tx_hashes }) => submit_tx_hashes));
    assert.equal(hashes.size, workflows);
    assert.equal(submitted() - before.submitted, workflows);
    assert.equal(resumed() - before.resumed, workflows);
    assert.equal((await received()) - before.received, BigInt(workflows) * BigInt(dust.amount));
  }).timeout(limitMs + 60_000);

  it("end in time, and none of them with an error in its log", async () => {
    const countOf = (name: ServiceName) => ({ "signer-proxy": 1, broadcaster: 1, ...counts })[name];
    const all = serviceNames.flatMap((name) =>
      Array.from({ length: countOf(name) }, (_, index) => processes.running(name, index)),
    );
    assert.deepEqual(new Set(Object.values(await processes.endAll())), new Set([0]));
    const errors = all.flatMap(({ lines }) => lines.filter(({ level }) => level === "error"));
    assert.deepEqual(errors, []);
  }).timeout(60_000);
});
