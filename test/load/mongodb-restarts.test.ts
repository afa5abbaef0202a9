import assert from "node:assert/strict";
import { serviceNames } from "@outlayer/kit";
import { type NewMongodb, needOwnMongodb } from "@outlayer/test-servers";
import { gateCalls } from "../support/chain-dump.ts";
import { verifyHistory } from "../support/history.ts";
import { ServiceProcesses } from "../support/service-processes.ts";
import { three } from "../support/steps.ts";

/** Statuses at which MongoDB is killed, each under a workflow of its own. */
const moments = ["planned", "queued", "submitting", "submitted", "resuming", "dispatching"];
const order = [...moments, "succeeded"];

/** A restart takes seconds: delegates and the gate's intents are to outlive it, as they do on NEAR. Milliseconds. */
const blockTimeMs = 200;

describe("five processes whose MongoDB is killed and started again", () => {
  let newMongodb: NewMongodb;
  before(async function () {
    newMongodb = await needOwnMongodb(this);
  });

  it("lose nothing, do nothing twice, and go on by themselves", async () => {
    const mongodb = await newMongodb();
    try {
      const environment = { DATABASE_URL: mongodb.url };
      await using processes = await ServiceProcesses.prepare({ environment, devnet: { blockTimeMs } });
      await processes.startAll();
      const { rest } = processes;
      const hasReached = (moment: string) => (record: { status: string }) =>
        order.indexOf(record.status) >= order.indexOf(moment) || record.status === "failed";
      const requestIds: string[] = [];
      for (const moment of moments) {
        const key = `killed at ${moment}`;
        const requestId = await rest.begin(three, key);
        requestIds.push(requestId);
        await rest.until(requestId, hasReached(moment));
        await mongodb.kill();
        // Nobody is told that it failed: what is not known is 503.
        const { status } = await rest.post("/workflows/execute", { steps: three, idempotency_key: key });
        assert.equal(status, 503, `errors were logged: ${JSON.stringify(errorsOf(processes))}`);
        await mongodb.start();
        const again = await eventually(() => rest.begin(three, key));
        assert.equal(again, requestId);
      }
      for (const requestId of requestIds) {
        const record = await eventually(() => rest.ended(requestId));
        assert.equal(record.status, "succeeded", record.user_visible_error);
        await verifyHistory(processes.httpUrl("evidence"), record);
      }
      assert.equal(gateCalls(processes.devnet, "submit_intent").length, three.length * moments.length);
      assert.equal(gateCalls(processes.devnet, "resume_batch_chained").length, moments.length);
      await processes.endAll("SIGKILL");
    } finally {
      await mongodb.remove();
    }
  }).timeout(300_000);
});

function errorsOf(processes: ServiceProcesses) {
  return serviceNames.flatMap((name) => processes.running(name).lines.filter(({ level }) => level === "error"));
}

/** What is answered once the database is found to be back. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      if (Date.now() > giveUpAt) throw error;
      return undefined;
    });
    if (answer !== undefined) return answer;
    assert.ok(Date.now() < giveUpAt, "nothing answers");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
