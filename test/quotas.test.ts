import assert from "node:assert/strict";
import { setImmediate as nextTick } from "node:timers/promises";
import { needMongodb, needNats } from "@outlayer/test-servers";
import { scope } from "./support/direct-user.ts";
import { operatorsNear } from "./support/operator-near.ts";
import { wideQuotas } from "./support/product-environment.ts";
import type { Answer, RestClient } from "./support/rest-client.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, registerStep, setRegister } from "./support/steps.ts";
import { type System, startSystem, withSystem } from "./support/system.ts";

const milliNear = 10n ** 21n;
const hour = 3_600;
const day = 24 * hour;

/** Quotas of wallet-1; others have wide ones. */
const quotasOf = (own: object, others: object = {}) => ({
  WALLET_QUOTAS_JSON: JSON.stringify({ ...JSON.parse(wideQuotas), "wallet-1": own, ...others }),
});

const failing = (steps: number) =>
  Array.from({ length: steps }, (_, at) => ({ ...registerStep(at), method_name: "none" }));
/** A call of a contract that burns most of what it may be given. */
const wasteful = {
  ...registerStep(0),
  receiver_id: "hostile.near",
  method_name: "waste",
  args_json: {},
  gas: "101000000000000",
};
/** Recorded, and refused by the plan. */
const unclear = [{ receiver_id: "wrap.near", method_name: "ft_transfer" }];

/** What an answer says of a quota: how much there is, what is left, and seconds until it begins anew. */
function standing({ headers }: Answer, quota: string) {
  const item = (name: string) =>
    (headers.get(name) ?? "").split(", ").find((each) => each.startsWith(`"${quota}";`)) ?? "";
  const number = (text: string, key: string) => Number(new RegExp(`;${key}=(\\d+)`).exec(text)?.[1]);
  const [left, policy] = [item("ratelimit"), item("ratelimit-policy")];
  return {
    limit: number(policy, "q"),
    left: number(left, "r"),
    resetSecs: number(left, "t"),
    windowSecs: number(policy, "w"),
  };
}

describeShapes("what a wallet may cost the operator in a day", (shape) => {
  it("is counted from what was really burnt, failures included, and stops it alone, a restart notwithstanding", () =>
    withSystem({ shape, environment: quotasOf({ operator_near_per_day: "1.5" }) }, async (system) => {
      const before = operatorsNear(system);
      const failed = await ended(system.rest(), await system.rest().execute(failing(12)));
      assert.deepEqual([failed.status, failed.error_code], ["failed", "dispatch_failed"]);
      const spent = before - operatorsNear(system);
      assert.equal(spent, BigInt(failed.fees.gate_fee_yocto) + BigInt(failed.fees.gas_burnt_yocto));
      const left = Number((1_500n * milliNear - spent) / milliNear);
      // It is counted right after the end is on record.
      while (standing(await system.rest().execute(unclear), "operator_near_per_day").left !== left) await nextTick();

      const refused = await refusedAfter(2, () => system.rest().execute(failing(12)));
      assertRefused(refused, "operator_near_per_day", day);
      assert.ok(before - operatorsNear(system) <= 1_500n * milliNear);
      // As processes it is killed further down.
      if (shape === "embedded") await system.restart();
      assertRefused(await system.rest().execute(failing(12)), "operator_near_per_day", day);
      const other = system.rest("wallet-2");
      assert.equal((await ended(other, await other.execute([dust]))).status, "succeeded", "another wallet goes on");
    })).timeout(90_000);

  it("cannot be passed by many calls at once of a contract that burns all that it is given", () =>
    withSystem({ shape, environment: quotasOf({ operator_near_per_day: "1" }) }, async (system) => {
      const before = operatorsNear(system);
      const answers = await Promise.all(Array.from({ length: 16 }, () => system.rest().execute([wasteful])));
      const refused = answers.filter((answer) => answer.status === 429);
      for (const answer of refused) assertRefused(answer, "operator_near_per_day", day);
      for (const answer of answers.filter((each) => !refused.includes(each))) {
        const { status, user_visible_error } = await ended(system.rest(), answer);
        assert.equal(status, "succeeded", user_visible_error);
      }
      const spent = before - operatorsNear(system);
      assert.ok(refused.length > 0 && spent <= 1_000n * milliNear, `${refused.length} refused, ${spent} spent`);
    })).timeout(90_000);
});

describeShapes("what a wallet may have open and start", (shape) => {
  let system: System;
  const environment = quotasOf(
    { open_workflows: 2 },
    { "wallet-2": { starts_per_hour: 3 }, "wallet-3": { plans_per_minute: 3 } },
  );
  before(async () => {
    system = await startSystem({ shape, environment });
    // What is begun stays open.
    system.devnet.controls.keystore.setReadiness("not_ready");
  });
  after(() => system.stop());

  it("is refused without a trace: no record is half opened, the key stays free, and a repeated one is answered", async () => {
    const rest = system.rest();
    const first = await started(rest, "first");
    await started(rest, "second");
    const third = { steps: [registerStep(3)], idempotency_key: "third" };
    const answer = await rest.post("/workflows/execute", third, { prefer: "wait=0" });
    assertRefused(answer, "open_workflows", 0);
    assert.equal(answer.body.request_id, undefined);
    const batch = { gate_id: system.devnet.gateId, calls: [setRegister(1)] };
    assertRefused(await rest.post("/sequential-batch", batch, { prefer: "wait=0" }), "open_workflows", 0);
    for (const again of ["first", "second", "first"]) await started(rest, again);
    assert.equal((await system.rest("wallet-2").execute(unclear)).body.status, "rejected", "others are not held up");

    assert.equal((await rest.cancel(first.request_id)).body.status, "cancelled");
    // Had anything been kept of the key, then with the body that it was refused with.
    const { body } = await rest.post(
      "/workflows/execute",
      { ...third, steps: [registerStep(4)] },
      { prefer: "wait=0" },
    );
    assert.deepEqual([body.idempotency_key, body.retry_after_ms !== null], ["third", true], body.message);
    assertRefused(await rest.execute([registerStep(5)]), "open_workflows", 0);
    assert.equal((await started(rest, "first")).status, "cancelled", "also where nothing is left");
  });

  it("is not won back by cancelling, nor by another spelling of the wallet's id", async () => {
    const rest = system.rest("wallet-2");
    const ids: string[] = [];
    const churned = await refusedAfter(7, async (round) => {
      const { body, ...answer } = await rest.post(
        "/workflows/execute",
        { steps: [registerStep(round)], idempotency_key: `churned ${round}` },
        { prefer: "wait=0" },
      );
      if (answer.status === 202) ids.push((await rest.cancel(body.request_id)).body.request_id);
      return { body, ...answer };
    });
    assertRefused(churned, "starts_per_hour", hour);
    assert.ok(ids.length <= 6, "twice as many as an hour has, where another one began meanwhile");
    for (const spelt of [" wallet-2 ", "wallet-2\t"]) {
      const headers = { "x-wallet-id": spelt };
      const refused = await refusedAfter(7, () => rest.post("/workflows/execute", { steps: unclear }, headers));
      assertRefused(refused, "starts_per_hour", hour);
    }
    const { body } = await rest.post("/workflows/execute", { steps: [registerStep(0)], idempotency_key: "churned 0" });
    assert.deepEqual([body.request_id, body.status], [ids[0], "cancelled"]);
  });

  it("as well as what it plans, whichever way: by plan, preflight, or a look at a key", async () => {
    const rest = system.rest("wallet-3");
    const ways = [
      () => rest.post("/workflows/plan", { steps: [dust] }),
      () => rest.post("/workflows/preflight", { steps: [dust] }),
      () => rest.get("/preflight"),
      () => rest.post("/direct-user/function-call-key/prepare", scope),
    ] as const;
    assertRefused(
      await refusedAfter(7, (round) => ways[round % ways.length]?.() ?? assert.fail()),
      "plans_per_minute",
      60,
    );
  });
});

describe("two gateways, planners and evidences on one MongoDB", () => {
  it("let a wallet open no more than its quota between them, also after one was killed", async function () {
    this.timeout(90_000);
    const database = (await needMongodb(this)).database();
    const environment = {
      ...quotasOf({ open_workflows: 5 }),
      DATABASE_URL: database.url,
      NATS_URL: await needNats(this),
    };
    // Nobody drives what is begun: it stays open.
    const names = ["gateway", "planner", "evidence"] as const;
    const counts = Object.fromEntries(names.map((name) => [name, 2]));
    await using processes = await ServiceProcesses.prepare({ counts, environment });
    await Promise.all(names.flatMap((name) => [0, 1].map((index) => processes.start(name, index).ready())));
    const post = (index: number, key: string) =>
      processes
        .restOf(index % 2)
        .post("/workflows/execute", { steps: [registerStep(1)], idempotency_key: key }, { prefer: "wait=0" });
    const answers = await Promise.all(Array.from({ length: 16 }, (_, index) => post(index, `key ${index}`)));
    const [opened, refused] = [202, 429].map((code) => answers.filter((answer) => answer.status === code));
    assert.deepEqual([opened?.length, refused?.length], [5, 11]);
    await processes.running("evidence").end("SIGKILL");
    await processes.start("evidence").ready();
    for (const index of [0, 1]) {
      assertRefused(await post(index, "another key"), "open_workflows", 0);
      const { body } = opened?.[0] ?? assert.fail();
      assert.equal((await post(index, body.idempotency_key)).body.request_id, body.request_id);
    }
    await processes.endAll();
    await database.drop();
  });
});

/** The record at its end, which the POST may not have waited for. */
function ended(rest: RestClient, { body }: Answer): Promise<Answer["body"]> {
  return rest.ended(body.request_id, 40_000);
}

/** Begins a workflow that stays open, or finds it. @returns its record */
async function started(rest: RestClient, key: string): Promise<Answer["body"]> {
  const answer = await rest.post(
    "/workflows/execute",
    { steps: [registerStep(1)], idempotency_key: key },
    { prefer: "wait=0" },
  );
  assert.notEqual(answer.status, 429, answer.body.message);
  return answer.body;
}

/** The first refusal for a quota: the clock may begin a new window in between, but not for ever. */
async function refusedAfter(most: number, ask: (round: number) => Promise<Answer>): Promise<Answer> {
  for (let round = 0; round < most; round += 1) {
    const answer = await ask(round);
    if (answer.status === 429) return answer;
  }
  assert.fail(`none of ${most} was refused`);
}

/** A refusal as its callers read it. @param windowSecs 0 where the quota has no window */
function assertRefused(answer: Answer, quota: string, windowSecs: number): void {
  const { body, headers } = answer;
  assert.deepEqual([answer.status, body.status, body.quota, body["violated-policies"]], [429, 429, quota, [quota]]);
  assert.equal(body.type, "https://iana.org/assignments/http-problem-types#quota-exceeded");
  assert.match(body.message, /: nothing was recorded$/);
  const retryAfter = Number(headers.get("retry-after"));
  assert.ok(retryAfter >= 1 && retryAfter <= (windowSecs || 5), `Retry-After: ${retryAfter}`);
  const { left, limit, ...times } = standing(answer, quota);
  assert.equal(left, 0);
  assert.ok(Number.isInteger(limit));
  if (windowSecs === 0) assert.deepEqual(times, { resetSecs: Number.NaN, windowSecs: Number.NaN });
  else assert.ok(times.windowSecs === windowSecs && times.resetSecs >= 1 && times.resetSecs <= windowSecs);
}
