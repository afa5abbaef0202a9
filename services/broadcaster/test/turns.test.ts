import assert from "node:assert/strict";
import { Turns } from "../src/shell/turns.ts";

describe("turns", () => {
  it("let one at a time work under a name, in order, and others meanwhile", async () => {
    const turns = new Turns();
    const told: string[] = [];
    let finish = () => {};
    const first = turns.take("a", () => new Promise<void>((resolve) => (finish = resolve)).then(() => told.push("a1")));
    const second = turns.take("a", async () => told.push("a2"));
    const third = turns.take("a", async () => told.push("a3"));
    await turns.take("b", async () => told.push("b"));
    assert.deepEqual(told, ["b"]);
    finish();
    await Promise.all([first, second, third]);
    assert.deepEqual(told, ["b", "a1", "a2", "a3"]);
  });

  it("go on after one that failed, and tell only its own caller", async () => {
    const turns = new Turns();
    const failing = turns.take("a", () => Promise.reject(new Error("no")));
    const next = turns.take("a", async () => "yes");
    await assert.rejects(failing, /no/);
    assert.equal(await next, "yes");
  });
});
