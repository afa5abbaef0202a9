import assert from "node:assert/strict";
import { once } from "node:events";
import { Code, ConnectError } from "@connectrpc/connect";
import { virtualTime } from "../../../packages/kit/test/support/virtual-time.ts";
import { recordOf } from "./support/rest.ts";
import { ambiguousStep, batch, paths, transfer, worker } from "./support/samples.ts";
import { watched } from "./support/upstreams.ts";
import { events, startWorld } from "./support/world.ts";

const startMs = Date.UTC(2026, 3, 24, 19);

describe("a POST waits", () => {
  it("for EXECUTE_WAIT_SECS where its caller does not say, on either endpoint", async () => {
    const time = virtualTime(startMs);
    await using world = await startWorld({ time, config: { executeWaitSecs: 5 } });
    for (const [path, body] of [
      [paths.execute, transfer],
      [paths.batch, batch],
    ] as const) {
      const posted = world.rest("POST", path, { body });
      await time.armed(5000);
      time.advance(5000);
      const answer = await posted;
      assert.equal(answer.status, 202);
      assert.equal(answer.headers.get("preference-applied"), null);
    }
  });

  const preferences: readonly [prefer: string, ms: number, applied: string | null][] = [
    ["wait=20", 20_000, "wait=20"],
    ["respond-async, wait=9", 9_000, "wait=9"],
    ["wait=600", 60_000, "wait=60"],
    ["wait=soon", 5_000, null],
    ["wait=-1", 5_000, null],
  ];
  for (const [prefer, ms, applied] of preferences) {
    it(`for ${ms / 1000} s when its caller sends Prefer: ${prefer}`, async () => {
      const time = virtualTime(startMs);
      await using world = await startWorld({ time, config: { executeWaitSecs: 5 } });
      const posted = world.rest("POST", paths.execute, { body: transfer, headers: { ...worker(), prefer } });
      await time.armed(ms);
      time.advance(ms);
      const answer = await posted;
      assert.equal(answer.status, 202);
      assert.equal(answer.headers.get("preference-applied"), applied);
    });
  }

  it("not at all when its caller prefers wait=0", async () => {
    const time = virtualTime(startMs);
    await using world = await startWorld({ time, config: { executeWaitSecs: 5 } });
    const answer = await world.rest("POST", paths.execute, {
      body: transfer,
      headers: { ...worker(), prefer: "wait=0" },
    });
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get("preference-applied"), "wait=0");
  });

  it("not at all for a record that has ended, and says so too", async () => {
    const time = virtualTime(startMs);
    await using world = await startWorld({ time, config: { executeWaitSecs: 5 } });
    const headers = { ...worker(), prefer: "wait=7" };
    const answer = await world.rest("POST", paths.execute, { body: { steps: [ambiguousStep] }, headers });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get("preference-applied"), "wait=7");
  });

  it("through changes, until the end", async () => {
    const time = virtualTime(startMs);
    await using world = await startWorld({ time, config: { executeWaitSecs: 5 } });
    const opened = world.opened();
    const posted = world.rest("POST", paths.execute, { body: transfer });
    await time.armed(5000);
    await world.append(await opened, events.taken, events.waiting, events.succeeded);
    const answer = await posted;
    assert.equal(answer.status, 200);
    assert.equal(recordOf(answer).version, 4);
  });

  it("and answers with what it has when records cannot be read meanwhile", async () => {
    await using world = await startWorld({
      config: { executeWaitSecs: 5 },
      transports: ({ evidence }) => ({
        evidence: watched(evidence, () => {
          throw new ConnectError("connect ECONNREFUSED 10.1.2.3:9004", Code.Unavailable);
        }),
      }),
    });
    const answer = await world.rest("POST", paths.execute, { body: transfer });
    assert.equal(answer.status, 202);
    await world.logged({ msg: "could not wait for a record", request_id: recordOf(answer).request_id });
  });

  it("no longer once its client has gone: the upstream call is cancelled", async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    await using world = await startWorld({
      transports: ({ evidence }) => ({
        evidence: watched(evidence, (_method, signal) => signal && asked.resolve(signal)),
      }),
    });
    const client = new AbortController();
    const headers = { ...worker(), prefer: "wait=60" };
    const posted = world.rest("POST", paths.execute, { body: transfer, headers, signal: client.signal });
    const upstream = await asked.promise;
    const cancelled = once(upstream, "abort");
    client.abort();
    await assert.rejects(posted, { name: "AbortError" });
    await cancelled;
    await world.logged({ msg: "request", route: "/wallet/v1/workflows/execute", status: 499 });
    assert.deepEqual(
      world.lines.filter(({ level }) => level !== "info"),
      [],
    );
  });
});

describe("a GET with ?wait", () => {
  it("is held until the record changes", async () => {
    const time = virtualTime(startMs);
    await using world = await startWorld({ time });
    const { request_id: id } = recordOf(await world.rest("POST", paths.execute, { body: transfer }));
    for (const [version, path] of [paths.workflow(id), paths.batchRecord(id)].entries()) {
      const read = world.rest("GET", `${path}?wait=7`);
      await time.armed(7000);
      await world.append(id, version === 0 ? events.taken : events.waiting);
      assert.equal(recordOf(await read).version, version + 2);
    }
  });

  it("answers with the record as it is when nothing happens", async () => {
    const time = virtualTime(startMs);
    await using world = await startWorld({ time });
    const { request_id: id } = recordOf(await world.rest("POST", paths.execute, { body: transfer }));
    const read = world.rest("GET", `${paths.workflow(id)}?wait=25`);
    await time.armed(25_000);
    time.advance(25_000);
    const answer = await read;
    assert.equal(answer.status, 200);
    assert.equal(recordOf(answer).version, 1);
  });

  it("is not held when the record has ended, nor without ?wait", async () => {
    await using world = await startWorld({ time: virtualTime(startMs) });
    const open = recordOf(await world.rest("POST", paths.execute, { body: transfer }));
    assert.equal((await world.rest("GET", `${paths.workflow(open.request_id)}?wait=0`)).status, 200);
    const ended = recordOf(await world.rest("POST", paths.execute, { body: { steps: [ambiguousStep] } }));
    const read = await world.rest("GET", `${paths.workflow(ended.request_id)}?wait=25`);
    assert.deepEqual(recordOf(read), ended);
  });

  it("is refused when it cannot be read, whatever the id", async () => {
    await using world = await startWorld();
    const { request_id: id } = recordOf(await world.rest("POST", paths.execute, { body: transfer }));
    for (const query of ["wait=26", "wait=", "wait=x", "wait=-1", "wait=1&wait=2", "wait=%00"]) {
      for (const path of [paths.workflow(id), paths.batchRecord(id)]) {
        const answer = await world.rest("GET", `${path}?${query}`);
        assert.equal(answer.status, 400);
        assert.match(String(answer.json.message), /^wait must be/);
      }
    }
  });

  it("is let go once its client has gone", async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    await using world = await startWorld({
      transports: ({ evidence }) => ({
        evidence: watched(evidence, (_method, signal) => signal && asked.resolve(signal)),
      }),
    });
    const { request_id: id } = recordOf(await world.rest("POST", paths.execute, { body: transfer }));
    const client = new AbortController();
    const read = world.rest("GET", `${paths.workflow(id)}?wait=25`, { signal: client.signal });
    const upstream = await asked.promise;
    const cancelled = once(upstream, "abort");
    client.abort();
    await assert.rejects(read, { name: "AbortError" });
    await cancelled;
  });
});
