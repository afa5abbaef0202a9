/**
 * Preloaded into each service by the harness alone: answers on a socket how long the event loop stood still since it was last
 * asked, and what the process holds. The services know nothing of it.
 */
import { unlinkSync } from "node:fs";
import { createServer } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Reading } from "./probes.ts";

/** How often the loop is looked at, milliseconds. */
const resolution = 2;

const path = process.env.HOSTILE_PROBE;
// Workers of a process would look at their own loops.
if (path !== undefined) {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  let busyMs = 0;
  let usedBefore = threadMs();
  // Between two rounds of the loop its thread can have been busy for a while, or have waited for a processor.
  setInterval(() => {
    const used = threadMs();
    busyMs = Math.max(busyMs, used - usedBefore);
    usedBefore = used;
  }, resolution).unref();
  const read = (question: string): Reading => {
    // Its own collection is nobody's stall.
    const stallMs = Math.max(0, delay.max / 1e6 - resolution);
    const busy = busyMs;
    if (question === "memory") collect();
    delay.reset();
    busyMs = 0;
    const { heapUsed, external, rss } = process.memoryUsage();
    return { pid: process.pid, stallMs, busyMs: busy, liveBytes: heapUsed + external, rssBytes: rss };
  };
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (question) => {
      // What has stood still has not been counted before the loop's timers ran.
      setTimeout(() => {
        const reading = read(String(question));
        socket.end(JSON.stringify(reading));
        if (String(question) === "memory") setTimeout(() => read("loop"), 2 * resolution).unref();
      }, 2 * resolution).unref();
    });
  });
  try {
    unlinkSync(path);
  } catch {
    // It is the first of its name.
  }
  server.listen(path).unref();
}

/** Processor time that this thread has used. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
