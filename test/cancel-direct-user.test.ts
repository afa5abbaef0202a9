import assert from "node:assert/strict";
import { type Json, outcomesOf } from "./support/cancels.ts";
import { count, execute, install } from "./support/direct-user.ts";
import { interruptedEvidence } from "./support/interrupted-evidence.ts";
import { withSystem } from "./support/system.ts";

describe("DELETE of a direct-user call", () => {
  it("that is not sent yet ends it as cancelled", () =>
    withSystem({}, async (system) => {
      await install(system);
      system.devnet.controls.keystore.setReadiness("not_ready");
      const { body } = await execute(system.rest(), {}, "count-1", 0);
      const { status, body: record } = await system.rest().cancel(body.request_id);
      assert.deepEqual([status, record.status, outcomesOf(record)], [200, "cancelled", []]);
      system.devnet.controls.keystore.setReadiness("ready");
      assert.equal((await execute(system.rest(), {}, "count-2")).body.direct_user_evidence.count_after, 1);
    }));

  it("that is about to be sent is not sent", () => {
    let cancel = async (_requestId: string) => {};
    const wrap = interruptedEvidence("directUserCallPrepared", (id) => cancel(id));
    return withSystem({ wrap }, async (system) => {
      await install(system);
      cancel = async (requestId) => void (await system.rest().cancel(requestId, 0));
      const { status, body } = await execute(system.rest());
      assert.deepEqual([status, body.status], [400, "cancelled"]);
      assert.equal(await count(system.devnet), 0);
    });
  });

  it("that was sent says that it cannot be cancelled, and is followed to its end", () => {
    let cancel = async (_requestId: string) => {};
    const wrap = interruptedEvidence("directUserCallResolved", (id) => cancel(id));
    return withSystem({ wrap }, async (system) => {
      await install(system);
      let asked: Json;
      cancel = async (requestId) => {
        asked = await system.rest().cancel(requestId, 0);
      };
      const { status, body } = await execute(system.rest());
      assert.deepEqual([asked.status, asked.body.status], [202, "submitting"]);
      assert.equal(
        asked.body.user_visible_error,
        "the call was already sent, and a call of a user's key cannot be cancelled once it is sent; it is followed to its end",
      );
      assert.deepEqual([status, body.status, body.user_visible_error], [200, "succeeded", null]);
      assert.equal(await count(system.devnet), 1);
    });
  });
});
