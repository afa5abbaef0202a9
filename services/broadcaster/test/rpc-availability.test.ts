import assert from "node:assert/strict";
import { RpcAvailability } from "../src/adapters/near/rpc-availability.ts";

/** Milliseconds of the follower's, at most, in which nothing is asked. */
const pauseMs = 1_500;

describe("how the chain's nodes stand", () => {
  function standing() {
    let now = 0;
    const one = new RpcAvailability({ now: () => now });
    return { one, state: () => one.dependency, pass: (ms: number) => (now += ms) };
  }

  it("is not known before one has answered, and keeps the broadcaster out of service until then", () => {
    const { one, state } = standing();
    assert.deepEqual(state(), { name: "near_rpc", state: "unknown", required: true });
    one.asked();
    one.failed();
    assert.deepEqual(state(), { name: "near_rpc", state: "away", required: true });
    one.answered();
    assert.deepEqual(state(), { name: "near_rpc", state: "ok" });
  });

  it("does not take the broadcaster out of service for a pause after a failure", () => {
    const { one, state, pass } = standing();
    one.answered();
    one.asked();
    one.failed();
    pass(7_000);
    assert.deepEqual(state(), { name: "near_rpc", state: "away" });
    one.answered();
    assert.deepEqual(state(), { name: "near_rpc", state: "ok" });
  });

  for (const how of ["fails", "hangs"] as const) {
    it(`takes it out of service within 10 s when every call ${how}, and back with the first answer`, () => {
      const { one, state, pass } = standing();
      one.asked();
      one.answered();
      let tookMs = pauseMs;
      pass(pauseMs);
      one.asked();
      while (state().required === undefined) {
        pass(100);
        tookMs += 100;
        assert.ok(tookMs <= 10_000, `${tookMs} ms`);
        if (how === "fails") one.failed();
        one.asked();
      }
      assert.deepEqual(state(), { name: "near_rpc", state: "away", required: true });
      one.answered();
      assert.deepEqual(state(), { name: "near_rpc", state: "ok" });
    });
  }

  it("is no matter of how long nobody asks", () => {
    const { one, state, pass } = standing();
    one.asked();
    one.answered();
    pass(600_000);
    assert.deepEqual(state(), { name: "near_rpc", state: "ok" });
  });
});
