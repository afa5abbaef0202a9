import { type ServiceName, serviceNames } from "@outlayer/kit";
import type { Attack } from "./attack.ts";
import type { Honest } from "./honest-load.ts";
import type { Readings } from "./measure/probes.ts";
import type { Tally } from "./tally.ts";
import type { Ended } from "./world.ts";

/** What was measured of a run, for whoever judges it. */
export interface Measured {
  readonly tally: Tally;
  /** Attacks that were to be made. */
  readonly attacks: readonly Attack[];
  readonly ended: readonly Ended[];
  /** Longest stall by hostile request and service, milliseconds: the least of its tries. */
  readonly stalls: readonly { readonly name: string; readonly service: ServiceName; readonly ms: number }[];
  readonly memoryBefore: Readings;
  readonly memoryAfter: Readings;
  readonly quiet: readonly Honest[];
  readonly beside: readonly Honest[];
  readonly bypasses: readonly string[];
  readonly secretsInLogs: readonly string[];
  /** Exit codes of the services, told to stop at the end. */
  readonly exitCodes: Readonly<Record<string, number | null>>;
}

export interface Bounds {
  /** The honest p95 beside the hostile ones, over the quiet one. */
  readonly slowdown: number;
}

/** What keeps a run from being good. */
export interface Fault {
  /** A sentence. */
  readonly what: string;
  /** Whether a machine that is busy with something else can bring it about by itself. */
  readonly byTiming: boolean;
}

/** What an attack counts a request as that got no answer in time, or did not reach the service in time. */
const late: readonly string[] = ["timeout", "408"];

/** Longest time for which one hostile request may hold up a loop. */
export const maxStallMs = 50;

/** What a process may hold at the end beside what it held after the warm-up: code that was compiled, bounded caches. */
export const maxGrowthBytes = 24 * 1024 * 1024;

/** The value below which that part of the values is, the values themselves being few. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

/** Everything that keeps the run from being good. */
export function faultsOf(measured: Measured, bounds: Bounds): readonly Fault[] {
  const certain = [
    ...ofProcesses(measured),
    ...ofAnswers(measured),
    ...measured.bypasses.map((bypass) => `policy was bypassed: ${bypass}`),
    ...measured.secretsInLogs.map((line) => `a log holds a secret: ${line}`),
  ];
  const byTiming = [
    ...lateAnswers(measured),
    ...ofStalls(measured),
    ...ofMemory(measured),
    ...ofHonest(measured),
    ...ofSlowdown(measured, bounds),
  ];
  return [
    ...certain.map((what): Fault => ({ what, byTiming: false })),
    ...byTiming.map((what): Fault => ({ what, byTiming: true })),
  ];
}

function ofProcesses({ ended, exitCodes }: Measured): string[] {
  return [
    ...ended.map(({ name, code, problems }) => `${name} ended with ${code}: ${problems.slice(0, 400)}`),
    ...Object.entries(exitCodes)
      .filter(([, code]) => code !== 0)
      .map(([name, code]) => `${name} did not stop when told to, but with ${code}`),
  ];
}

function ofAnswers({ tally, attacks }: Measured): string[] {
  const told = (kind: string, incidents: Tally["failures"]) =>
    incidents.map(({ attack, what }) => `${kind} ${attack}: ${what}`);
  return [
    ...told("a service failed under", tally.failures),
    ...told("let through:", tally.letThrough),
    ...told("another wallet's data:", tally.leaks),
    ...told("the harness failed:", tally.broken),
    ...attacks.flatMap(({ name, refusals }) => {
      const of = tally.attacks[name];
      if (of === undefined || of.rounds === 0) return [`${name} was not made`];
      return notRefusals(of.codes, refusals).flatMap(([code, text]) =>
        late.includes(code) ? [] : [`${name} ${text}`],
      );
    }),
  ];
}

/** Attacks that waited in vain for an answer that they must get. */
function lateAnswers({ tally, attacks }: Measured): string[] {
  return attacks.flatMap(({ name, refusals }) =>
    notRefusals(tally.attacks[name]?.codes ?? {}, refusals).flatMap(([code, text]) =>
      late.includes(code) ? [`${name} ${text}`] : [],
    ),
  );
}

/** Answers that are no refusals, with what is said of them. */
function notRefusals(
  codes: Readonly<Record<string, number>>,
  refusals: readonly string[],
): (readonly [string, string])[] {
  return Object.entries(codes)
    .filter(([code]) => !refusals.includes(code))
    .map(([code, times]) => [code, `was answered with ${code}, ${times} times, which is no refusal of it`] as const);
}

function ofStalls({ stalls }: Measured): string[] {
  return stalls
    .filter(({ ms }) => ms > maxStallMs)
    .map(({ name, service, ms }) => `${name} held up ${service} for ${Math.round(ms)} ms`);
}

function ofMemory({ memoryBefore, memoryAfter }: Measured): string[] {
  return serviceNames.flatMap((name) => {
    const [before, after] = [memoryBefore[name], memoryAfter[name]];
    if (before === undefined || after === undefined) return [`${name} did not say what it holds`];
    const grown = after.liveBytes - before.liveBytes;
    return grown > maxGrowthBytes ? [`${name} holds ${megabytes(grown)} MB more than after the warm-up`] : [];
  });
}

/** Honest workflows that did not succeed: payloads have deadlines, which a busy machine may not meet. */
function ofHonest({ quiet, beside }: Measured): string[] {
  const failed = [...quiet, ...beside].filter(({ status }) => status !== "succeeded");
  return failed.map(({ walletId, requestId, status, error }) => `${walletId} ${requestId}: ${status}, ${error}`);
}

function ofSlowdown({ quiet, beside }: Measured, { slowdown }: Bounds): string[] {
  const ratio = slowdownOf(quiet, beside);
  return ratio <= slowdown ? [] : [`honest p95 is ${ratio.toFixed(2)} times the quiet one, more than ${slowdown}`];
}

/** The honest p95 beside hostile ones over the quiet one; not a number where there is none. */
export function slowdownOf(quiet: readonly Honest[], beside: readonly Honest[]): number {
  const p95 = (of: readonly Honest[]) =>
    percentile(
      of.map(({ ms }) => ms),
      0.95,
    );
  return p95(beside) / p95(quiet);
}

export function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
