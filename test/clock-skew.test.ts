import assert from "node:assert/strict";
import { gateCalls } from "./support/chain-dump.ts";
import { failing, preflight } from "./support/preflight.ts";
import { dust } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

const skewMs = 400_000;

/** Clocks of a host that can be off, and of the chain. */
function clocks(aheadMs: number) {
  const host = { aheadMs };
  return { host, clock: { now: () => Date.now() + host.aheadMs }, chainClock: { now: () => Date.now() } };
}

describe("a host's clock that is not the chain's (rule: time-is-the-chains)", () => {
  for (const [where, aheadMs] of [
    ["400 s behind", -skewMs],
    ["400 s ahead of", skewMs],
  ] as const) {
    it(`has workflows wait for it in few events, and goes on once it is right, where it is ${where} it`, () => {
      const { host, ...times } = clocks(aheadMs);
      return withSystem(times, async (system) => {
        const { rest, devnet, logs } = system;
        const requestId = await rest().begin([dust, dust]);
        await rest().until(requestId, ({ queue }) => queue?.waiting_for === "clock_skew");
        const until = devnet.chain.head.height + 40n;
        await waitUntil(() => devnet.chain.head.height >= until, "40 blocks");
        const waiting = await rest().record(requestId);
        assert.equal(waiting.queue?.waiting_for, "clock_skew");
        assert.ok(waiting.version < 10, `${waiting.version} versions`);
        const found = failing(await preflight(system)).map((check) => [check.name, check.message]);
        assert.deepEqual(found, [["clock_skew", `the host's clock is ${where} the chain's`]]);
        assert.equal(gateCalls(devnet, "submit_intent").length, 0);
        assert.ok(
          logs.some((line) => line.includes("the host's clock and the chain's differ")),
          "the log says so",
        );
        host.aheadMs = 0;
        const record = await rest().ended(requestId);
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.ok(record.version < 20, `${record.version} versions`);
      });
    });
  }

  it("ends a workflow that has waited too long for it", () => {
    const { host: _host, ...times } = clocks(skewMs);
    return withSystem({ ...times, environment: { QUEUE_TIMEOUT_SECS: "1" } }, async ({ rest }) => {
      const record = await rest().ended(await rest().begin([dust, dust]));
      assert.deepEqual([record.status, record.error_code], ["failed", "clock_skew"]);
      assert.ok(record.version < 20, `${record.version} versions`);
    });
  });
});
