import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { Notifier } from "../src/notifier.ts";

describe("waiting for a change", () => {
  it("ends with the next notification of any source, and with no other's", async () => {
    const [first, second, other] = [new Notifier(), new Notifier(), new Notifier()];
    const { signal } = new AbortController();
    let woken = 0;
    const waiting = Notifier.next([first, second], signal).then(() => {
      woken += 1;
    });
    other.notify();
    await new Promise(setImmediate);
    assert.equal(woken, 0);
    second.notify();
    first.notify();
    await waiting;
    assert.equal(woken, 1);
  });

  it("ends when the signal is aborted, before it begins or meanwhile, however many wait", async () => {
    const stopping = new AbortController();
    const source = new Notifier();
    const waiting = Array.from({ length: 100 }, () => Notifier.next([source], stopping.signal));
    stopping.abort();
    await Promise.all(waiting);
    await Notifier.next([source], stopping.signal);
  });

  it("costs the signal one listener, however many wait and however often", async () => {
    const stopping = new AbortController();
    const source = new Notifier();
    const wait = () => Notifier.next([source], stopping.signal);
    for (let round = 0; round < 3; round += 1) {
      const waiting = Array.from({ length: 100 }, wait);
      source.notify();
      await Promise.all(waiting);
    }
    const still = Array.from({ length: 100 }, wait);
    assert.equal(getEventListeners(stopping.signal, "abort").length, 1);
    stopping.abort();
    await Promise.all(still);
  });
});
