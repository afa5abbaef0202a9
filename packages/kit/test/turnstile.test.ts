import assert from "node:assert/strict";
import { Turnstile } from "../src/turnstile.ts";

describe("a turnstile", () => {
  it("lets so many through at once, and the urgent ones before the others", async () => {
    const turnstile = new Turnstile(2);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const call = (name: string, kind: "urgent" | "usual") =>
      turnstile.pass(kind, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        return name;
      });
    const calls = [call("a", "usual"), call("b", "usual"), call("c", "usual"), call("d", "urgent"), call("e", "usual")];
    const order = ["a", "b", "d", "c", "e"];
    for (const [index, name] of order.entries()) {
      await new Promise(setImmediate);
      assert.deepEqual(begun, order.slice(0, Math.min(index + 2, order.length)));
      ends.get(name)?.();
      await calls["abcde".indexOf(name)];
    }
    assert.deepEqual(await Promise.all(calls), ["a", "b", "c", "d", "e"]);
  });

  it("does not let one wallet's hundred calls go before another's one", async () => {
    const turnstile = new Turnstile(1);
    const first = Promise.withResolvers<void>();
    const running = turnstile.pass("usual", () => first.promise, { party: "many" });
    const begun: string[] = [];
    const call = (party: string) => turnstile.pass("usual", async () => begun.push(party), { party });
    const calls = [...Array.from({ length: 100 }, () => call("many")), call("one")];
    first.resolve();
    await Promise.all([running, ...calls]);
    assert.deepEqual(begun.slice(0, 2), ["one", "many"]);
    assert.equal(begun.length, 101);
  });

  it("is passed by the next one after a call that failed", async () => {
    const turnstile = new Turnstile(1);
    const failed = turnstile.pass("usual", () => Promise.reject(new Error("away")));
    const next = turnstile.pass("usual", async () => "through");
    await assert.rejects(failed, /away/);
    assert.equal(await next, "through");
  });

  it("is left by who does not want to wait any longer, before the call", async () => {
    const turnstile = new Turnstile(1);
    const first = Promise.withResolvers<void>();
    const running = turnstile.pass("usual", () => first.promise);
    const impatient = new AbortController();
    let called = false;
    const call = async () => {
      called = true;
    };
    const left = turnstile.pass("usual", call, { signal: impatient.signal });
    const next = turnstile.pass("usual", async () => "through");
    impatient.abort(new Error("too long"));
    await assert.rejects(left, /too long/);
    first.resolve();
    await running;
    assert.equal(await next, "through");
    assert.equal(called, false);
  });
});
