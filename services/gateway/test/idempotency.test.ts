import assert from "node:assert/strict";
import { recordOf } from "./support/rest.ts";
import { batch, paths, transfer, worker } from "./support/samples.ts";
import { startWorld, type World } from "./support/world.ts";

describe("idempotency over REST", () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const post = (headers: Record<string, string>, body: object, path = paths.execute) =>
    world.rest("POST", path, { headers: { ...worker(), ...headers }, body });

  it("opens one record for 50 POSTs at once under one key", async () => {
    const body = { ...transfer, idempotency_key: "fifty" };
    const answers = await Promise.all(Array.from({ length: 50 }, () => post({}, body)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(new Set(answers.map((answer) => recordOf(answer).request_id)).size, 1);
  });

  it("takes the key from the body and from either header alike", async () => {
    const ids = await Promise.all([
      post({}, { ...transfer, idempotency_key: "alike" }),
      post({ "idempotency-key": "alike" }, transfer),
      post({ "x-idempotency-key": "alike" }, transfer),
      post({ "idempotency-key": "alike", "x-idempotency-key": "alike" }, { ...transfer, idempotency_key: "alike" }),
    ]);
    assert.equal(new Set(ids.map((answer) => recordOf(answer).request_id)).size, 1);
    assert.equal(ids[0] && recordOf(ids[0]).idempotency_key, "alike");
  });

  it("refuses keys that differ, wherever they stand", async () => {
    const differing = [
      post({ "idempotency-key": "a" }, { ...transfer, idempotency_key: "b" }),
      post({ "x-idempotency-key": "a" }, { ...transfer, idempotency_key: "b" }),
      post({ "idempotency-key": "a", "x-idempotency-key": "b" }, transfer),
    ];
    for (const answer of await Promise.all(differing)) {
      assert.equal(answer.status, 400);
      assert.match(String(answer.json.message), /^idempotency keys differ/);
    }
  });

  it("refuses a key that is too long, empty or not ASCII", async () => {
    for (const key of ["k".repeat(256), ""]) {
      assert.equal((await post({ "idempotency-key": key }, transfer)).status, 400);
      assert.equal((await post({}, { ...transfer, idempotency_key: key })).status, 400);
    }
    assert.equal((await post({ "idempotency-key": "schl\u00fcssel" }, transfer)).status, 400);
    assert.equal((await post({}, { ...transfer, idempotency_key: "ключ" })).status, 400);
  });

  it("refuses another body under the same key and names the request that has it", async () => {
    const first = recordOf(await post({}, { ...transfer, idempotency_key: "taken" }));
    const other = await post({}, { steps: [], idempotency_key: "taken" });
    assert.equal(other.status, 409);
    assert.equal(other.json.request_id, first.request_id);
    assert.match(String(other.json.message), new RegExp(`already used with another request .*${first.request_id}`));
  });

  it("refuses another endpoint under the same key", async () => {
    await post({ "idempotency-key": "crossed" }, transfer);
    assert.equal((await post({ "idempotency-key": "crossed" }, batch, paths.batch)).status, 409);
  });

  it("keeps wallets' keys apart", async () => {
    const one = recordOf(await post({ "idempotency-key": "shared" }, transfer));
    const two = recordOf(await post({ ...worker("wallet-2"), "idempotency-key": "shared" }, transfer));
    assert.notEqual(one.request_id, two.request_id);
  });

  it("makes a key where there is none, so that the request is one-shot", async () => {
    const one = recordOf(await post({}, transfer));
    const two = recordOf(await post({}, transfer));
    assert.match(one.idempotency_key, /^srv_[0-9a-f-]{36}$/);
    assert.notEqual(one.request_id, two.request_id);
  });
});
