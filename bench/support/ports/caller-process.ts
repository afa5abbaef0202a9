import { followGarbage } from "../garbage.ts";
import type { AnswerName } from "./answers.ts";
import type { SideReport } from "./port-process.ts";
import { Relay } from "./relay.ts";
import { ways } from "./ways.ts";

/** Calls to make for some time, so many at a time; or a message to be weighed. */
export type CallerJob =
  | { readonly kind: "call"; readonly answer: AnswerName; readonly inFlight: number; readonly ms: number }
  | { readonly kind: "weigh"; readonly answer: AnswerName };

export interface Called extends SideReport {
  readonly calls: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Bytes on the wire for each call over a session that has made some, each way. */
export interface Weighed {
  readonly requestBytes: number;
  readonly answerBytes: number;
}

/** Calls to be weighed, after as many that are not. */
const weighedCalls = 50;

/** Makes calls in one way, for the bench that started this process. @param argv number of the way, URL of the port */
const [number = "", url = ""] = process.argv.slice(2);
const way = ways[Number(number)];
if (way === undefined) throw new RangeError("no such way");
const call = way.callerTo(url);
const garbage = followGarbage();

async function callFor({ answer, inFlight, ms }: CallerJob & { kind: "call" }): Promise<Called> {
  const took: number[] = [];
  garbage();
  const before = process.cpuUsage();
  const endsAt = performance.now() + ms;
  const one = async () => {
    for (let begun = performance.now(); begun < endsAt; begun = performance.now()) {
      await call(answer);
      took.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const { user, system } = process.cpuUsage(before);
  const { allocatedBytes } = garbage();
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
  return { calls: took.length, p50: at(0.5), p99: at(0.99), cpuMs: (user + system) / 1000, allocatedBytes };
}

async function weigh(callerTo: typeof call, relay: Relay, answer: AnswerName): Promise<Weighed> {
  for (let made = 0; made < weighedCalls; made += 1) await callerTo(answer);
  const before = relay.passed;
  for (let made = 0; made < weighedCalls; made += 1) await callerTo(answer);
  const { requests, answers } = relay.passed;
  return {
    requestBytes: (requests - before.requests) / weighedCalls,
    answerBytes: (answers - before.answers) / weighedCalls,
  };
}

process.on("message", async (job: CallerJob) => {
  if (job.kind === "call") return process.send?.(await callFor(job));
  const relay = await Relay.to(url);
  try {
    process.send?.(await weigh(way.callerTo(relay.url), relay, job.answer));
  } finally {
    relay.close();
  }
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
