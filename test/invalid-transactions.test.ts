import assert from "node:assert/strict";
import { calls, count, execute, install, scope } from "./support/direct-user.ts";
import { eventsOf } from "./support/history.ts";
import { sends } from "./support/on-chain.ts";
import { three } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

const near = 10n ** 24n;

/**
 * Has the account's transactions be in a block while it cannot pay for them, so that they leave a failure there and use no nonce;
 * once the product has looked at them, and those blocks are final, the account can pay again.
 */
async function invalidOnce({ devnet }: System, accountId: string): Promise<void> {
  const { accounts, blocks, counters } = devnet.controls;
  blocks.setWeather({ invalidOutcome: 1 });
  accounts.setBalance(accountId, near / 1000n);
  blocks.mine({ blocks: 6 });
  const looks = () => counters.snapshot().rpc.EXPERIMENTAL_tx_status ?? 0;
  for (let at = 0; at < 3; at += 1) {
    const before = looks();
    await waitUntil(() => looks() > before, "a look at it");
    blocks.mine({ blocks: 3 });
  }
  accounts.setBalance(accountId, 100n * near);
  blocks.go();
}

describe("a transaction that was invalid in a block (rule: invalid-is-not-final)", () => {
  it("of the relayer is no refusal: it is sent again as it is, and lands", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.blocks.stop();
      const requestId = await system.rest().begin(three);
      await sends(system, 3);
      const { submit_tx_hashes: sent } = await system.rest().until(requestId, () => true);
      await invalidOnce(system, system.devnet.relayer.accountId);
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual(record.submit_tx_hashes, sent);
      assert.equal((await eventsOf(system, requestId)).includes("submission_refused"), false);
      assert.equal(system.devnet.controls.dump().invalid.length, 3);
    }));

  it("of a user is no end of the call: it is sent again as it is, and counts once", () =>
    withSystem({}, async (system) => {
      await install(system);
      system.devnet.controls.blocks.stop();
      const { body } = await execute(system.rest(), {}, "invalid", 0);
      await sends(system, 1);
      await invalidOnce(system, scope.user_id);
      const record = await system.rest().ended(body.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(record.direct_signed_transactions.length, 1);
      assert.equal(calls(system).length, 1);
      assert.equal(await count(system.devnet), 1);
    }));
});
