import assert from "node:assert/strict";
import { dust } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

const skewMs = 400_000;

describe("a host's clock that is not the chain's (rule: time-is-the-chains)", () => {
  const succeedsWith = (chainAheadMs: number) => {
    const chainClock = { now: () => Date.now() + chainAheadMs };
    return withSystem({ chainClock }, async ({ rest, logs }) => {
      const { body } = await rest().execute([dust, dust]);
      const record = await rest().ended(body.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.ok(record.version < 20, `${record.version} versions`);
      assert.ok(
        logs.some((line) => line.includes("the host's clock and the chain's differ")),
        "the log says so",
      );
    });
  };

  it("cannot keep a workflow from its end, nor fill its log, where it is 400 s behind", () => succeedsWith(skewMs));

  it("cannot keep a workflow from its end, nor fill its log, where it is 400 s ahead", () => succeedsWith(-skewMs));
});
