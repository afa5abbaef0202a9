import assert from "node:assert/strict";
import { Notifier } from "@outlayer/kit";
import { Intake } from "../src/shell/gate/intake.ts";

const candidate = (requestId: string, walletId = requestId) => ({ requestId, walletId, calls: 1 });

/** One in which all places are taken, by as many as a new one has room for. */
function full(): { intake: Intake; inside: string[] } {
  const intake = new Intake(60);
  const inside: string[] = [];
  for (let index = 0; ; index += 1) {
    if (!intake.enter(candidate(`inside ${index}`))) {
      intake.leave(`inside ${index}`);
      return { intake, inside };
    }
    inside.push(`inside ${index}`);
  }
}

/** Resolves once it is called; it waits at once. */
async function called(intake: Intake, requestId: string): Promise<void> {
  const calls = intake.callsFor(requestId);
  if (calls !== undefined) await Notifier.next([calls], new AbortController().signal);
}

describe("taking in workflows that need no place on the gate", () => {
  it("keeps those waiting for whom there is no room, and calls the first when there is", async () => {
    const { intake, inside } = full();
    assert.equal(intake.enter(candidate("a")), false);
    assert.equal(intake.enter(candidate("b")), false);
    const isCalled = called(intake, "a");
    intake.release(inside[0] ?? "", undefined);
    await isCalled;
    assert.equal(intake.enter(candidate("b")), false, "it is not the first");
    assert.equal(intake.enter(candidate("a")), true);
  });

  it("calls nobody in vain who may enter before it waits", () => {
    const { intake, inside } = full();
    assert.equal(intake.enter(candidate("a")), false);
    intake.release(inside[0] ?? "", undefined);
    assert.equal(intake.callsFor("a"), undefined);
  });

  it("lets wallets take turns", () => {
    const { intake, inside } = full();
    for (const requestId of ["a1", "a2"]) assert.equal(intake.enter(candidate(requestId, "a")), false);
    assert.equal(intake.enter(candidate("b1", "b")), false);
    for (const requestId of ["a1", "b1", "a2"]) {
      intake.release(inside.pop() ?? "", undefined);
      assert.equal(intake.enter(candidate(requestId, requestId.slice(0, 1))), true, requestId);
    }
  });

  it("calls the next when the first one in the line is gone", async () => {
    const { intake, inside } = full();
    assert.equal(intake.enter(candidate("a")), false);
    assert.equal(intake.enter(candidate("b")), false);
    intake.release(inside[0] ?? "", undefined);
    const isCalled = called(intake, "b");
    intake.leave("a");
    await isCalled;
    assert.equal(intake.enter(candidate("b")), true);
  });

  it("takes in more at once after one that was in good time, and fewer after one that was not", () => {
    const { intake, inside } = full();
    intake.release(inside[0] ?? "", 60);
    assert.deepEqual([intake.enter(candidate("a")), intake.enter(candidate("b"))], [true, true]);
    intake.release("a", 61);
    assert.equal(intake.enter(candidate("c")), false);
  });

  it("counts those that another term took in, and each once", () => {
    const { intake, inside } = full();
    intake.hold("of another term");
    intake.hold("of another term");
    intake.release("of another term", undefined);
    assert.equal(intake.enter(candidate("a")), false);
    intake.release(inside[0] ?? "", undefined);
    assert.equal(intake.enter(candidate("a")), true);
  });
});
