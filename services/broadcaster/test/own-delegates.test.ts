import assert from "node:assert/strict";
import { OwnDelegates } from "../src/shell/gate/own-delegates.ts";

describe("own delegates", () => {
  it("are known from when they are noted until they are forgotten, others of the same sender still", () => {
    const own = new OwnDelegates({ now: () => 0 });
    own.note("wallet", 1n);
    own.note("wallet", 2n);
    own.forget("wallet", 1n);
    assert.equal(own.has("wallet", 1n), false);
    assert.equal(own.has("wallet", 2n), true);
  });

  it("are known for an hour after they were noted last", () => {
    let nowMs = 0;
    const own = new OwnDelegates({ now: () => nowMs });
    own.note("wallet", 1n);
    own.note("wallet", 2n);
    nowMs = 1_800_000;
    own.note("wallet", 1n);
    nowMs = 3_600_001;
    own.note("wallet", 3n);
    assert.equal(own.has("wallet", 1n), true);
    assert.equal(own.has("wallet", 2n), false);
  });
});
