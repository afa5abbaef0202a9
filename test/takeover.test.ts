import assert from "node:assert/strict";
import { HiddenLog } from "./support/hidden-log.ts";
import { historyOf } from "./support/history.ts";
import { three } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

/** Nonces of every submission in the workflow's log. */
async function issuedNonces(system: System, requestId: string, walletId: string): Promise<readonly string[]> {
  const events = (await historyOf(system, requestId, walletId)).map((entry) => JSON.parse(entry).event);
  return events.flatMap(({ submissions_prepared: prepared }) =>
    (prepared?.submissions ?? []).map((one: { transaction: { nonce: string } }) => one.transaction.nonce),
  );
}

describe("a broadcaster that takes over", () => {
  it("signs nothing while a log is not read, and gives no nonce out twice", () => {
    const hidden = new HiddenLog();
    // Nothing grows old while a log is not read.
    const environment = { DELEGATE_VALIDITY_BLOCKS: "5000" };
    return withSystem({ wrap: hidden.wrap, environment }, async (system) => {
      const { faults, counters } = system.devnet.controls;
      const sends = () => counters.snapshot().rpc.send_tx ?? 0;
      // What is sent gets lost, so that only the log has its nonces.
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "server_error" } });
      const left = await system.rest("wallet-1").begin(three);
      await waitUntil(() => sends() >= 3, "three submissions that get lost");
      hidden.requestId = left;
      await system.restart();
      faults.clear();
      const before = sends();
      const next = await system.rest("wallet-2").begin(three, "next", { on_failure: "halt" });
      await system.rest("wallet-2").until(next, ({ status }) => status === "submitting");
      await hidden.refused(2);
      const waiting = await system.rest("wallet-2").record(next);
      assert.deepEqual([waiting.submit_tx_hashes, sends()], [[null, null, null], before]);
      hidden.requestId = undefined;
      for (const [wallet, requestId] of [
        ["wallet-1", left],
        ["wallet-2", next],
      ] as const) {
        const record = await system.rest(wallet).ended(requestId);
        assert.equal(record.status, "succeeded", record.user_visible_error);
      }
      const all = [
        ...(await issuedNonces(system, left, "wallet-1")),
        ...(await issuedNonces(system, next, "wallet-2")),
      ];
      assert.ok(all.length >= 6);
      assert.equal(new Set(all).size, all.length);
    });
  }).timeout(60_000);
});
