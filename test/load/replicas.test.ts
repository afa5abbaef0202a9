import assert from "node:assert/strict";
import { type ServiceName, serviceNames } from "@outlayer/kit";
import { gateCalls, view } from "../support/chain-dump.ts";
import { begun, endedOrStuck, Patience } from "../support/patient-client.ts";
import type { Answer } from "../support/rest-client.ts";
import { dust } from "../support/steps.ts";
import { processesOfSuite } from "./processes.ts";

const counts = { gateway: 3, planner: 3, evidence: 3 };
const racers = 200;
const workflows = 300;
const walletOf = (index: number) => `wallet-of-many-${index}`;
const receiver = { account_id: dust.receiver_id, token_id: dust.token };

/** The end of a test that neither succeeds nor stands still, milliseconds. */
const limitMs = 1_200_000;

describe("three gateways, planners and evidence processes on one MongoDB", () => {
  const wallets = ["wallet-1", ...Array.from({ length: workflows }, (_, index) => walletOf(index))];
  const environment = { NEAR_POLL_INTERVAL_MS: "30" };
  const processes = processesOfSuite({ counts, environment }, { blockTimeMs: 200, wallets });

  const submitted = () => gateCalls(processes().devnet, "submit_intent").length;
  const resumed = (method: string) => gateCalls(processes().devnet, method).length;
  const received = async () =>
    BigInt(String(await view(processes().devnet, "intents.near", "mt_balance_of", receiver)));

  it("make one record and one batch of 200 concurrent POSTs of one key", async () => {
    const patience = new Patience();
    const requestIds = await Promise.all(
      Array.from({ length: racers }, (_, index) =>
        begun(processes().restOf(index % 3), [dust, dust, dust], "one key", patience),
      ),
    );
    assert.equal(new Set(requestIds).size, 1);
    const record = await endedOrStuck(processes().restOf(1), requestIds[0] ?? "", patience);
    assert.equal(record.status, "succeeded", `${record.error_code}: ${record.user_visible_error}`);
    assert.deepEqual([submitted(), resumed("resume_batch_chained"), resumed("resume_intent")], [3, 1, 0]);
  }).timeout(limitMs);

  it("carry 300 different workflows out, each once", async () => {
    const before = { submitted: submitted(), received: await received() };
    const patience = new Patience();
    const run = async (index: number): Promise<Answer["body"]> => {
      const rest = (at: number) => processes().restOf(at % 3, walletOf(index));
      const requestId = await begun(rest(index), [dust], `key ${index}`, patience);
      return endedOrStuck(rest(index + 1), requestId, patience);
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
    assert.deepEqual([resumed("resume_batch_chained"), resumed("resume_intent")], [1, workflows]);
    assert.equal((await received()) - before.received, BigInt(workflows) * BigInt(dust.amount));
  }).timeout(limitMs);

  it("end in time, and none of them with an error in its log", async () => {
    const countOf = (name: ServiceName) => ({ "signer-proxy": 1, broadcaster: 1, ...counts })[name];
    const all = serviceNames.flatMap((name) =>
      Array.from({ length: countOf(name) }, (_, index) => processes().running(name, index)),
    );
    assert.deepEqual(new Set(Object.values(await processes().endAll())), new Set([0]));
    const errors = all.flatMap(({ lines }) => lines.filter(({ level }) => level === "error"));
    assert.deepEqual(errors, []);
  }).timeout(60_000);
});
