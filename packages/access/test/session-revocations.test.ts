import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { Revocations, revocationStaleMs } from "@outlayer/access";
import { Refusal, unavailable } from "@outlayer/kit";

const id = "0198c0de-0000-7000-8000-000000000001";

/** Evidence that knows revoked sessions, is away on demand, and counts what it is asked. */
function world() {
  const state = {
    nowMs: 1_700_000_000_000,
    revoked: new Set<string>(),
    error: undefined as Error | undefined,
    asked: 0,
  };
  const revocations = new Revocations({
    clock: { now: () => state.nowMs },
    async read(sessionId) {
      state.asked += 1;
      if (state.error !== undefined) throw state.error;
      return state.revoked.has(sessionId);
    },
  });
  return { state, revocations };
}

describe("revocations of sessions", () => {
  it("cost evidence one read in a while, however many calls a session makes", async () => {
    const { state, revocations } = world();
    await Promise.all(Array.from({ length: 50 }, () => revocations.isRevoked(id)));
    state.nowMs += revocationStaleMs - 1;
    assert.equal(await revocations.isRevoked(id), false);
    assert.equal(state.asked, 1);
    state.nowMs += 1;
    await revocations.isRevoked(id);
    assert.equal(state.asked, 2);
  });

  it("are known everywhere once that while is over (rule: revoked-session-is-refused)", async () => {
    const { state, revocations } = world();
    assert.equal(await revocations.isRevoked(id), false);
    state.revoked.add(id);
    state.nowMs += revocationStaleMs;
    assert.equal(await revocations.isRevoked(id), true);
    state.nowMs += revocationStaleMs;
    assert.equal(await revocations.isRevoked(id), true);
    assert.equal(state.asked, 2);
  });

  it("are known at once where they were made, also while evidence is still asked", async () => {
    const { state, revocations } = world();
    const asked = revocations.isRevoked(id);
    revocations.note(id);
    assert.equal(await asked, false);
    assert.equal(await revocations.isRevoked(id), true);
    assert.equal(state.asked, 1);
  });

  for (const [name, error] of [
    ["a refusal", unavailable("MongoDB does not answer")],
    ["an error of the connection", new ConnectError("10.0.0.1 refused", Code.Unavailable)],
    ["a deadline", new ConnectError("too late", Code.DeadlineExceeded)],
  ] as const) {
    it(`are unknown while evidence is away, which is never taken for "no": ${name}`, async () => {
      const { state, revocations } = world();
      state.error = error;
      const said = "it cannot be told now whether the session was signed out: try again";
      const isSaid = (thrown: unknown) =>
        thrown instanceof Refusal && thrown.code === Code.Unavailable && thrown.message === said;
      await assert.rejects(revocations.isRevoked(id), isSaid);
      await assert.rejects(revocations.isRevoked(id), isSaid);
      state.error = undefined;
      assert.equal(await revocations.isRevoked(id), false);
      assert.equal(state.asked, 3);
    });
  }

  it("stay known where a read that was under way before fails", async () => {
    const { state, revocations } = world();
    state.error = unavailable("away");
    const failing = revocations.isRevoked(id);
    revocations.note(id);
    await assert.rejects(failing, Refusal);
    assert.equal(await revocations.isRevoked(id), true);
  });
});
