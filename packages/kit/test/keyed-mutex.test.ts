import assert from "node:assert/strict";
import { KeyedMutex } from "../src/keyed-mutex.ts";

describe("a keyed mutex", () => {
  it("lets one at a time work under a key, in order, and others meanwhile", async () => {
    const mutex = new KeyedMutex();
    const told: string[] = [];
    let finish = () => {};
    const first = mutex.run("a", () => new Promise<void>((resolve) => (finish = resolve)).then(() => told.push("a1")));
    const second = mutex.run("a", async () => told.push("a2"));
    const third = mutex.run("a", async () => told.push("a3"));
    await mutex.run("b", async () => told.push("b"));
    assert.deepEqual(told, ["b"]);
    finish();
    await Promise.all([first, second, third]);
    assert.deepEqual(told, ["b", "a1", "a2", "a3"]);
  });

  it("goes on after one that failed, and tells only its own caller", async () => {
    const mutex = new KeyedMutex();
    const failing = mutex.run("a", () => Promise.reject(new Error("no")));
    const next = mutex.run("a", async () => "yes");
    await assert.rejects(failing, /no/);
    assert.equal(await next, "yes");
  });
});
