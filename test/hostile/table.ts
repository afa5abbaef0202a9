import { serviceNames } from "@outlayer/kit";
import { columns } from "../../embedded/src/table.ts";
import { serviceWalletId } from "../support/own-wallets.ts";
import type { Honest } from "./honest-load.ts";
import type { Reading } from "./measure/probes.ts";
import type { Stages } from "./measure/stages.ts";
import { requestsIn } from "./tally.ts";
import { hostileWallets } from "./tenants.ts";
import { type Measured, megabytes, percentile, slowdownOf } from "./verdict.ts";

export interface Figures extends Measured {
  readonly seconds: { readonly quiet: number; readonly alone: number; readonly hostile: number };
  /** Where honest workflows spent their time, by phase. */
  readonly stages: Readonly<Record<"quiet" | "beside", readonly Stages[]>>;
  /** Processor time by service in each phase, milliseconds. */
  readonly used: Readonly<Record<"quiet" | "beside", Readonly<Record<string, number>>>>;
  /** yoctoNEAR, by wallet. */
  readonly spent: ReadonlyMap<string, bigint>;
  /** Longest stalls while all attacked at once, milliseconds: what the machine's other work costs is in them. */
  readonly stallsBeside: Readonly<Record<string, number>>;
}

/** What a run came to, for people. */
export function tableOf(figures: Figures): string {
  const { tally, attacks, ended, bypasses, seconds, quiet, beside } = figures;
  return [
    `quiet ${seconds.quiet} s, each request alone ${seconds.alone} s, hostile ${seconds.hostile} s`,
    "",
    ...columns([
      ["attack", "a round every ms", "rounds", "requests", "a second", "answers"],
      ...Object.entries(tally.attacks).map(([name, { rounds, requests, codes }]) => [
        name,
        String(attacks.find((attack) => attack.name === name)?.everyMs ?? ""),
        String(rounds),
        String(requests),
        name === "alone" ? "" : (requests / seconds.hostile).toFixed(0),
        Object.entries(codes)
          .sort(([, a], [, b]) => b - a)
          .map(([code, times]) => `${code}: ${times}`)
          .join(", "),
      ]),
    ]),
    "",
    ...columns([
      ["requests", String(requestsIn(tally))],
      ["a second", (requestsIn(tally) / seconds.hostile).toFixed(0)],
      ["5xx but 503 with Retry-After", String(tally.failures.length)],
      ["processes that ended", String(ended.length)],
      ["cross-wallet reads", String(tally.leaks.length)],
      ["policy bypasses", String(bypasses.length)],
      ["let through otherwise", String(tally.letThrough.length)],
    ]),
    "",
    ...services(figures),
    "",
    ...longestStalls(figures),
    "",
    ...columns([
      ["honest workflows", "number", "succeeded", "p50 ms", "p95 ms"],
      honestRow("quiet", quiet),
      honestRow("beside hostile ones", beside),
    ]),
    `p95 beside over quiet: ${slowdownOf(quiet, beside).toFixed(2)}`,
    `p50 and p95 beside, minute by minute: ${byMinute(beside)}`,
    "",
    ...stageRows(figures),
    "",
    ...spending(figures),
  ].join("\n");
}

function services({ memoryBefore, memoryAfter, stallsBeside, stalls, used, seconds }: Figures): string[] {
  const share = (ms: number | undefined, of: number) => `${((ms ?? Number.NaN) / of / 10).toFixed(1)} %`;
  const of = (reading: Reading | undefined, what: "liveBytes" | "rssBytes") =>
    reading === undefined ? "?" : megabytes(reading[what]);
  return columns([
    [
      "service",
      "processor, quiet",
      "beside",
      "live MB at the start",
      "at the end",
      "resident MB at the end",
      "stall alone ms",
      "stall beside ms",
    ],
    ...serviceNames.map((name) => {
      const alone = Math.max(0, ...stalls.filter(({ service }) => service === name).map(({ ms }) => ms));
      const after = memoryAfter[name];
      return [
        name,
        share(used.quiet[name], seconds.quiet),
        share(used.beside[name], seconds.hostile),
        of(memoryBefore[name], "liveBytes"),
        of(after, "liveBytes"),
        of(after, "rssBytes"),
        alone.toFixed(0),
        (stallsBeside[name] ?? Number.NaN).toFixed(0),
      ];
    }),
  ]);
}

function longestStalls({ stalls }: Figures): string[] {
  const longest = stalls.toSorted((a, b) => b.ms - a.ms).slice(0, 8);
  return columns([
    ["longest stalls by one request", "service", "ms"],
    ...longest.map(({ name, service, ms }) => [name, service, ms.toFixed(0)]),
  ]);
}

function honestRow(name: string, of: readonly Honest[]): string[] {
  const times = of.map(({ ms }) => ms);
  const succeeded = of.filter(({ status }) => status === "succeeded").length;
  return [name, String(of.length), String(succeeded), ...[0.5, 0.95].map((part) => percentile(times, part).toFixed(0))];
}

/** Of honest workflows, by the minute in which they were begun. */
function byMinute(of: readonly Honest[]): string {
  const beganMs = Math.min(...of.map(({ begunAtMs }) => begunAtMs));
  const minutes = Map.groupBy(of, ({ begunAtMs }) => Math.floor((begunAtMs - beganMs) / 60_000));
  const rows = [...minutes].sort(([a], [b]) => a - b).map(([, begun]) => begun.map(({ ms }) => ms));
  return rows.map((times) => [0.5, 0.95].map((part) => percentile(times, part).toFixed(0)).join("/")).join(", ");
}

/** Mean times, in the order of the log. */
function stageRows({ stages: { quiet, beside } }: Figures): string[] {
  const names = [...new Set([...quiet, ...beside].flatMap((one) => Object.keys(one)))];
  const mean = (of: readonly Stages[], name: string) =>
    (of.reduce((sum, stages) => sum + (stages[name] ?? 0), 0) / of.length).toFixed(0);
  return columns([
    ["mean ms of honest workflows until", "quiet", "beside hostile ones"],
    ...names.map((name) => [name, mean(quiet, name), mean(beside, name)]),
  ]);
}

function spending({ spent, tally }: Figures): string[] {
  const inNear = (yocto: bigint) => (Number(yocto / 10n ** 18n) / 1e6).toFixed(4);
  const rows = Object.keys(hostileWallets).map((walletId) => [
    walletId,
    String(new Set(tally.opened[walletId]).size),
    inNear(spent.get(walletId) ?? 0n),
  ]);
  const honest = [...spent].filter(([walletId]) => walletId.startsWith("honest-"));
  const sum = honest.reduce((total, [, yocto]) => total + yocto, 0n);
  return columns([
    ["operator's NEAR spent on", "records", "NEAR"],
    ...rows,
    ["honest wallets together", "", inNear(sum)],
    ["sessions together", "", inNear(spent.get(serviceWalletId) ?? 0n)],
    ["nobody's", "", inNear(spent.get("") ?? 0n)],
  ]);
}
