import assert from "node:assert/strict";
import { runHistory } from "./history.ts";

describe("a history", () => {
  it("is the same, line by line, each time its seed is played", async () => {
    const [once, again] = [await runHistory(7), await runHistory(7)];
    assert.deepEqual(once.trace, again.trace);
    assert.equal(once.traceHash, again.traceHash);
    assert.notEqual((await runHistory(8)).traceHash, once.traceHash);
    // One with several gates, and with what sessions have signed themselves.
    const [shared, sharedAgain] = [await runHistory(4), await runHistory(4)];
    assert.equal(shared.traceHash, sharedAgain.traceHash);
    assert.ok(shared.handOvers > 0, "broadcasters that come and go hand partitions over");
    assert.ok(once.workflows >= 20 && once.blocks >= 500, `${once.workflows} workflows, ${once.blocks} blocks`);
  }).timeout(180_000);
});
