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

/**
 * How often the loop is looked at, milliseconds: closely while one request is sent alone, and seldom otherwise, since looking takes
 * processor time that honest workflows would wait for.
 */
const resolution = { closely: 2, seldom: 50 } as const;

/** What the loop did from one question to the next. */
class LoopWatch {
  /** Most processor time that the thread used between two rounds of the loop: it can have waited for a processor as well. */
  busyMs = 0;
  readonly resolutionMs: number;
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>;
  readonly #timer: NodeJS.Timeout;

  constructor(how: keyof typeof resolution) {
    this.resolutionMs = resolution[how];
    this.#delay = monitorEventLoopDelay({ resolution: this.resolutionMs });
    this.#delay.enable();
    let usedBefore = threadMs();
    this.#timer = setInterval(() => {
      const used = threadMs();
      this.busyMs = Math.max(this.busyMs, used - usedBefore);
      usedBefore = used;
    }, this.resolutionMs).unref();
  }

  get stallMs(): number {
    return Math.max(0, this.#delay.max / 1e6 - this.resolutionMs);
  }

  stop(): void {
    this.#delay.disable();
    clearInterval(this.#timer);
  }
}

const path = process.env.HOSTILE_PROBE;
// Workers of a process would look at their own loops.
if (path !== undefined) {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  let watch = new LoopWatch("seldom");
  const read = (question: string): Reading => {
    // Its own collection is nobody's stall.
    const { stallMs, busyMs } = watch;
    if (question === "memory") collect();
    watch.stop();
    watch = new LoopWatch(question === "closely" ? "closely" : "seldom");
    const { heapUsed, external, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const usedMs = (user + system) / 1_000;
    return { pid: process.pid, stallMs, busyMs, usedMs, liveBytes: heapUsed + external, rssBytes: rss };
  };
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (question) => {
      // What has stood still has not been counted before the loop's timers ran.
      setTimeout(() => {
        const reading = read(String(question));
        socket.end(JSON.stringify(reading));
        if (String(question) === "memory") setTimeout(() => read("seldom"), 2 * resolution.closely).unref();
      }, 2 * watch.resolutionMs).unref();
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
