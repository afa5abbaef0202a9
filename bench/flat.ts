import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { columns } from "../embedded/src/table.ts";
import { three } from "../test/support/steps.ts";
import { Bare } from "./support/bare.ts";
import { BenchSystem } from "./support/bench-system.ts";
import { type Contents, fillStore } from "./support/fill-store.ts";
import { Load } from "./support/load.ts";
import { type ListedTimes, OpenList } from "./support/open-list.ts";
import type { Usage } from "./support/product-process.ts";
import { openWallets, type Templates, writeTemplates } from "./support/store-templates.ts";
import { type Figure, holds, tableOf } from "./support/table.ts";
import { type Cell, calls, embeddedShape, ids, measure, perSecond, ratio } from "./support/way-in.ts";

const usage = `usage: ./dev bench flat [--ended N] [--open N] [--seconds N] [--rss-mb N]

  --ended     ended workflows in the full store: 1000000
  --open      open workflows in it, which wait for the gate: 10000
  --seconds   time that each figure is measured for, after half of it to warm up: 3
  --rss-mb    most memory of the product's process: 700

Fills evidence files with copies of logs that the product has written, and measures the product in one process on three of
them: an empty one, one with the open workflows alone, and the full one. Rates are shares of a bare server's, measured right
afterwards. Ends with 1 where a rate on the full file is below 0.9 of that on the empty one, or another target does not hold.
`;

const blockMs = 600;
/** Of the chain on which the product writes what is copied: it carries out some workflows first. */
const templateBlockMs = 150;
const inFlight = 32;
const leastShare = 0.9;
const mostStartSeconds = 10;
/** Time without a request in which the product's processor time is measured, milliseconds: a sweep over all open workflows is in it. */
const quietMs = 30_000;
/** Before that: the sweeps between list what has changed within a minute, and all open workflows have when the product starts. */
const changedMs = 65_000;
/** Longest time for all open workflows to be read and told their places, milliseconds. */
const settleMs = 600_000;

const options = readArguments();

interface Measured {
  readonly contents: Contents;
  /** Seconds from the start of the processes until the product takes requests, and until it drives a new workflow. */
  readonly readySeconds: number;
  readonly drivingSeconds: number;
  /** Seconds from then on until no log of an open workflow grows any more. */
  readonly settledSeconds: number;
  readonly settled: Usage;
  /** Processor time while nobody asks for anything, milliseconds a second. */
  readonly quietCpuMs: number;
  readonly list: ListedTimes;
  readonly cells: readonly Cell[];
  readonly end: Usage;
}

async function measureOn(
  path: string,
  contents: Contents,
  tools: { readonly load: Load; readonly bare: Bare; readonly readIds: readonly string[] },
): Promise<Measured> {
  const token = "service-token-of-the-bench-0123456789";
  const begunAt = performance.now();
  const seconds = () => (performance.now() - begunAt) / 1000;
  const system = await BenchSystem.start(blockMs, { DATABASE_URL: `sqlite:${path}`, SERVICE_TOKEN: token });
  try {
    const readySeconds = seconds();
    const probe = system.rest("probe");
    await probe.until(await probe.begin(three), ({ version }) => Number(version) > 1, settleMs);
    const drivingSeconds = seconds();
    await Promise.all([...ids, ...openWallets].map((walletId) => system.fund(walletId)));
    await system.fundOperator();
    const openList = new OpenList(system.info.http.evidence, token);
    await openList.settled(settleMs);
    const settledSeconds = seconds() - drivingSeconds;
    const settled = await system.usage();
    await pause(changedMs);
    const { cpuMs } = await system.usage();
    await pause(quietMs);
    const quietCpuMs = ((await system.usage()).cpuMs - cpuMs) / (quietMs / 1000);
    const list = await openList.times();
    const shape = embeddedShape(system);
    const cells: Cell[] = [];
    const { load, bare, readIds } = tools;
    for (const call of calls)
      cells.push(await measure({ bare, load, seconds: options.seconds }, shape, call, inFlight, readIds));
    const end = await system.usage();
    return { contents, readySeconds, drivingSeconds, settledSeconds, settled, quietCpuMs, list, cells, end };
  } finally {
    await system.stop();
  }
}

const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

/** Rows of one figure each, with a column for each store. */
function rowsOf(all: readonly Measured[]): string[][] {
  const row = (name: string, shown: (measured: Measured) => string) => [name, ...all.map(shown)];
  const ofCell = (call: string, name: string, shown: (cell: Cell) => string) =>
    row(`${call}: ${name}`, ({ cells }) => cells.filter((cell) => cell.call === call).map(shown)[0] ?? "");
  return [
    ["", ...all.map(({ contents }) => `${contents.ended} ended, ${contents.open} open`)],
    row("start until ready, s", ({ readySeconds }) => readySeconds.toFixed(2)),
    row("start until a new workflow is driven, s", ({ drivingSeconds }) => drivingSeconds.toFixed(2)),
    row("until all open ones know their place, s more", ({ settledSeconds }) => settledSeconds.toFixed(1)),
    row(
      "heap and RSS by then, peaks, MB",
      ({ settled }) => `${mb(settled.peakHeapBytes)}, ${mb(settled.peakRssBytes)}`,
    ),
    row("processor ms a second, without requests", ({ quietCpuMs }) => quietCpuMs.toFixed(1)),
    row("open workflows listed", ({ list }) => String(list.workflows)),
    row("a page of 500: first, last, ms", ({ list }) => `${list.firstMs.toFixed(2)}, ${list.lastMs.toFixed(2)}`),
    row("a whole listing, ms", ({ list }) => list.wholeMs.toFixed(1)),
    ...calls.flatMap((call) => [
      ofCell(call, "a second", (cell) => perSecond(cell.got).toFixed(0)),
      ofCell(call, "share of bare", (cell) => `${ratio(cell).toFixed(1)} %`),
      ofCell(call, "p50, p99 ms", ({ got }) => `${got.p50.toFixed(1)}, ${got.p99.toFixed(1)}`),
      ofCell(call, "processor ms a request", ({ cpuMs }) => cpuMs.toFixed(3)),
    ]),
    row("heap and RSS at the end, peaks, MB", ({ end }) => `${mb(end.peakHeapBytes)}, ${mb(end.peakRssBytes)}`),
  ];
}

function figuresOf(empty: Measured, open: Measured, full: Measured): Figure[] {
  const share = (name: string, value: number): Figure => ({
    name,
    value,
    unit: "",
    target: { kind: "at least", value: leastShare },
  });
  const most = (name: string, value: number, unit: string, target: number): Figure => ({
    name,
    value,
    unit,
    target: { kind: "at most", value: target },
  });
  const rates = full.cells.map((cell, index) => {
    const before = empty.cells[index];
    return share(`${cell.call}: rate, full of empty`, before === undefined ? Number.NaN : ratio(cell) / ratio(before));
  });
  const refused = [empty, open, full]
    .flatMap(({ cells }) => cells)
    .map(({ call, got }) => {
      return got.answers - (got.byStatus[call === "accept" ? "202" : "200"] ?? 0);
    });
  return [
    ...rates,
    share("listing a page, rate, full of open alone", open.list.firstMs / full.list.firstMs),
    share("listing all, rate, full of open alone", open.list.wholeMs / full.list.wholeMs),
    most(
      "other answers than expected",
      refused.reduce((sum, count) => sum + count, 0),
      "",
      0,
    ),
    most("start until driving, full", full.drivingSeconds, "s", mostStartSeconds),
    most("peak memory, full", full.end.peakRssBytes / 2 ** 20, "MB", options.rssMb),
  ];
}

const directory = mkdtempSync(join(tmpdir(), "outlayer-flat-"));
// Also after Ctrl-C: the files are large.
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const load = Load.ofRequests();
const bare = await Bare.start();
const all: Measured[] = [];
try {
  process.stderr.write("the product writes what is copied ...\n");
  const templates: Templates = await writeTemplates(join(directory, "templates.sqlite"), templateBlockMs);
  const { ended, open } = options;
  const stores = [
    { name: "empty", contents: { ended: 0, open: 0 } },
    { name: "open", contents: { ended: 0, open } },
    { name: "full", contents: { ended, open } },
  ];
  const path = (name: string) => join(directory, `${name}.sqlite`);
  // All are filled before any is measured, so that measurements follow one another closely.
  for (const { name, contents } of stores) {
    process.stderr.write(`filling: ${contents.ended} ended, ${contents.open} open ...\n`);
    await fillStore(path(name), templates, contents);
  }
  for (const { name, contents } of stores) {
    process.stderr.write(`measuring on ${contents.ended} ended, ${contents.open} open ...\n`);
    all.push(
      await measureOn(path(name), contents, {
        load,
        bare,
        readIds: templates.read.map(([first]) => first?.requestId ?? ""),
      }),
    );
  }
} finally {
  load.stop();
  bare.stop();
}
const [empty, open, full] = all;
if (empty === undefined || open === undefined || full === undefined) throw new Error("a store was not measured");
const figures = figuresOf(empty, open, full);
process.stdout.write(`${columns(rowsOf(all)).join("\n")}\n\n${tableOf(figures)}\n`);
process.exit(figures.every(holds) ? 0 : 1);

function readArguments() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ options: { ended: text, open: text, seconds: text, "rss-mb": text } });
    const number = (value: string | undefined, otherwise: number, least: number) => {
      const read = Number(value ?? otherwise);
      if (!(read >= least)) throw new RangeError(`not a number from ${least}: ${value}`);
      return read;
    };
    return {
      ended: number(values.ended, 1_000_000, 1),
      open: number(values.open, 10_000, 1),
      seconds: number(values.seconds, 3, 0.1),
      rssMb: number(values["rss-mb"], 700, 1),
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
