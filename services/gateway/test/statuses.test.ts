import assert from "node:assert/strict";
import { recordOf } from "./support/rest.ts";
import {
  ambiguous,
  ambiguousStep,
  batch,
  directUserStep,
  fundingStep,
  paths,
  transfer,
  transferStep,
  worker,
} from "./support/samples.ts";
import { type EventInit, ended, events, startWorld, type World } from "./support/world.ts";

describe("the code of a POST", () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  /** Opens a workflow, moves it on while its POST waits, and answers the POST's code and record. */
  async function endWhileWaiting(path: string, body: object, ...moves: EventInit[]) {
    const opened = world.opened();
    const posted = world.rest("POST", path, { body, headers: { ...worker(), prefer: "wait=60" } });
    await world.append(await opened, ...moves);
    return posted;
  }

  const rows: readonly [status: string, code: number, end: EventInit, message: string | undefined][] = [
    ["succeeded", 200, events.succeeded, undefined],
    [
      "requires_approval",
      409,
      ended("requires_approval", "requires_approval", "2 more approvals are needed"),
      "2 more approvals are needed",
    ],
    ["cancelled", 400, ended("cancelled", undefined, "withdrawn by its caller"), "withdrawn by its caller"],
    [
      "policy_denied",
      400,
      ended("policy_denied", "policy_denied", "policy denied before signing: limit"),
      "policy denied before signing: limit",
    ],
    ["failed", 400, ended("failed", "dispatch_failed", "step 1 failed on chain"), "step 1 failed on chain"],
    ["failed", 400, ended("failed", "timed_out"), "the request ended as failed: timed_out"],
  ];
  for (const [status, code, end, message] of rows) {
    it(`is ${code} for ${status}${message === undefined ? "" : `: ${message}`}`, async () => {
      for (const [path, body] of [
        [paths.execute, transfer],
        [paths.batch, batch],
      ] as const) {
        const answer = await endWhileWaiting(path, body, events.taken, end);
        assert.equal(answer.status, code);
        const record = recordOf(answer);
        assert.equal(record.status, status);
        if (message !== undefined) assert.equal(answer.json.message, `${message} (request ${record.request_id})`);
        assert.equal(answer.headers.get("location"), null);
        assert.equal(answer.headers.get("retry-after"), null);
      }
    });
  }

  it("is 409 for requires_funding_setup and names what to do first", async () => {
    const answer = await world.rest("POST", paths.execute, { body: { steps: [fundingStep] } });
    assert.equal(answer.status, 409);
    assert.equal(recordOf(answer).status, "requires_funding_setup");
    assert.match(String(answer.json.message), /POST \/wallet\/v1\/call/);
  });

  it("is 409 for requires_direct_user_setup", async () => {
    const answer = await world.rest("POST", paths.execute, { body: { steps: [directUserStep] } });
    assert.equal(answer.status, 409);
    assert.equal(recordOf(answer).status, "requires_direct_user_setup");
  });

  it("is 400 for rejected, with the reason and the whole record", async () => {
    const answer = await world.rest("POST", paths.execute, { body: { steps: [transferStep, ambiguousStep] } });
    assert.equal(answer.status, 400);
    const record = recordOf(answer);
    assert.equal(record.status, "rejected");
    assert.equal(record.user_visible_error, ambiguous);
    assert.equal(answer.json.message, `${ambiguous} (request ${record.request_id})`);
    assert.equal(record.plan_json.steps.length, 2);
  });

  it("is 400 for a batch that its own rules refuse, which is recorded all the same", async () => {
    const refused = await world.rest("POST", paths.batch, { body: { ...batch, calls: [] } });
    assert.equal(refused.status, 400);
    const record = recordOf(refused);
    assert.equal(record.user_visible_error, "sequential batch requires 1 to 3 calls");
    assert.deepEqual(record.plan_json, { accepted: false, steps: [] });
    assert.equal((await world.rest("GET", paths.batchRecord(record.request_id))).status, 200);
  });

  it("is 202 while in progress, with the same in headers and body", async () => {
    for (const [path, body] of [
      [paths.execute, transfer],
      [paths.batch, batch],
    ] as const) {
      const answer = await world.rest("POST", path, { body });
      assert.equal(answer.status, 202);
      const record = recordOf(answer);
      assert.equal(record.status, "planned");
      assert.equal(answer.headers.get("location"), record.status_url);
      assert.equal(record.retry_after_ms, 1000);
      assert.equal(answer.headers.get("retry-after"), "1");
      const followed = await world.rest("GET", record.status_url);
      assert.deepEqual(followed.json, answer.json);
    }
  });

  it("is that of the record's status when a finished request is sent again", async () => {
    const keyed = { ...transfer, idempotency_key: "again-1" };
    const opened = world.opened();
    assert.equal((await world.rest("POST", paths.execute, { body: keyed })).status, 202);
    await world.append(await opened, events.taken, ended("policy_denied", "policy_denied", "no"));
    const again = await world.rest("POST", paths.execute, { body: keyed });
    assert.equal(again.status, 400);
    assert.equal(recordOf(again).status, "policy_denied");
  });

  it("is 200 for a plan, accepted or not, and plans write nothing", async () => {
    const accepted = await world.rest("POST", paths.plan, { body: transfer });
    assert.equal(accepted.status, 200);
    assert.equal(accepted.json.executable, true);
    const refused = await world.rest("POST", paths.plan, { body: { steps: [ambiguousStep] } });
    assert.equal(refused.status, 200);
    assert.equal(refused.json.accepted, false);
    const before = (await world.log.listOpenWorkflows({})).workflows.length;
    await world.rest("POST", paths.plan, { body: transfer });
    assert.equal((await world.log.listOpenWorkflows({})).workflows.length, before);
  });
});

describe("the code of a GET", () => {
  it("is 200 whatever the record's status, by either endpoint's path", async () => {
    await using world = await startWorld();
    const rejected = recordOf(await world.rest("POST", paths.execute, { body: { steps: [ambiguousStep] } }));
    for (const path of [paths.workflow(rejected.request_id), paths.batchRecord(rejected.request_id)]) {
      const answer = await world.rest("GET", path);
      assert.equal(answer.status, 200);
      assert.deepEqual(recordOf(answer), rejected);
    }
  });
});
