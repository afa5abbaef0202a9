import assert from "node:assert/strict";
import { DeadlineExceeded, deadline, InProcessBus, sleep, systemPorts } from "@outlayer/kit";
import { virtualTime } from "./support/virtual-time.ts";

describe("ports", () => {
  it("makes ids that sort by the time they were made", () => {
    const { ids } = systemPorts();
    const made = Array.from({ length: 50 }, () => ids.uuid());
    assert.equal(new Set(made).size, 50);
    assert.ok(made.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)));
    const times = made.map((id) => id.slice(0, 13));
    assert.deepEqual(times, [...times].sort());
  });

  it("sleeps until the timer or the signal, and leaves no timer behind", async () => {
    const time = virtualTime();
    const { timers } = time;
    const slept = sleep(timers, 5);
    time.fire();
    await slept;
    const abort = new AbortController();
    const woken = sleep(timers, 5, abort.signal);
    abort.abort();
    await woken;
    await sleep(timers, 5, AbortSignal.abort());
    assert.deepEqual(time.waiting, []);
  });

  it("a deadline aborts in time, or with the other signal, and is freed when done", () => {
    const time = virtualTime();
    const { timers } = time;
    const late = deadline(timers, 5);
    time.fire();
    assert.ok(late.signal.reason instanceof DeadlineExceeded);
    const outer = new AbortController();
    const inner = deadline(timers, 5, outer.signal);
    outer.abort("why");
    assert.equal(inner.signal.reason, "why");
    inner.done();
    assert.equal(deadline(timers, 5, AbortSignal.abort("before")).signal.aborted, true);
    const done = deadline(timers, 5);
    done.done();
    time.fire();
    assert.equal(done.signal.aborted, false);
  });
});

describe("the in-process bus", () => {
  it("delivers to those who listen, on their subject, until they stop", () => {
    const bus = new InProcessBus();
    const heard: string[] = [];
    const stop = bus.subscribe("a", (data) => heard.push(`1${data}`));
    bus.subscribe("a", (data) => heard.push(`2${data}`));
    bus.publish("a", Uint8Array.of(1));
    bus.publish("b", Uint8Array.of(9));
    stop();
    bus.publish("a", Uint8Array.of(2));
    assert.deepEqual(heard, ["11", "21", "22"]);
  });
});
