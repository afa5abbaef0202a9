import assert from "node:assert/strict";
import { Code, Refusal } from "@outlayer/kit";
import { PreflightLine } from "../src/rpc/preflight-line.ts";

const never = new AbortController().signal;

/** One with many preflights of one wallet, of which those that have begun do not end by themselves. */
function crowded(): { line: PreflightLine; begun: string[]; all: Promise<unknown>[]; endOne(): void } {
  const line = new PreflightLine();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const all = Array.from({ length: 40 }, (_, index) =>
    line.run("many", never, () => {
      begun.push(`many ${index}`);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  return { line, begun, all, endOne: () => ends.shift()?.() };
}

describe("preflights that are asked for at once", () => {
  it("are made a few at a time", async () => {
    const { begun, all, endOne } = crowded();
    await new Promise(setImmediate);
    assert.equal(begun.length, 4);
    for (let ended = 0; ended < 40; ended += 1) {
      endOne();
      await new Promise(setImmediate);
      assert.ok(begun.length <= 5 + ended);
    }
    await Promise.all(all);
    assert.equal(begun.length, 40);
  });

  it("do not stand before another wallet's, however many they are", async () => {
    const { line, begun, endOne } = crowded();
    await new Promise(setImmediate);
    const other = line.run("other", never, async () => begun.push("other"));
    endOne();
    await other;
    assert.deepEqual(begun.slice(4), ["other", "many 4"]);
  });

  it("are refused, to be tried again, where their turn does not come in time", async () => {
    const { line, begun } = crowded();
    const patience = new AbortController();
    const late = line.run("other", patience.signal, async () => begun.push("other"));
    patience.abort();
    await assert.rejects(late, (error) => error instanceof Refusal && error.code === Code.Unavailable);
    assert.ok(!begun.includes("other"));
  });

  it("fail with their own error once they have begun", async () => {
    const line = new PreflightLine();
    const away = new Error("away");
    await assert.rejects(
      line.run("any", never, () => Promise.reject(away)),
      away,
    );
  });
});
