import { parseArgs } from "node:util";
import { columns } from "../embedded/src/table.ts";
import { Bare } from "./support/bare.ts";
import { BenchSystem } from "./support/bench-system.ts";
import { type FanOut, fanOut } from "./support/fan-out.ts";
import type { Garbage } from "./support/garbage.ts";
import { Load } from "./support/load.ts";
import type { LoadResult } from "./support/load-process.ts";
import { SoakSystem } from "./support/soak-system.ts";
import { type Figure, holds, tableOf } from "./support/table.ts";
import {
  type Cell,
  calls,
  embeddedShape,
  endedWorkflows,
  ids,
  measure,
  perSecond,
  ratio,
  type Shape,
} from "./support/way-in.ts";

const usage = `usage: ./dev bench api [--only CALL,CALL] [--shape embedded|processes] [--in-flight N,N] [--seconds N]

  --only        of: plan, status, history, accept, fan-out
  --shape       the product in one process, or on five; both by default
  --in-flight   requests at a time: 1, 32 and 256 by default; the targets are those of 32
  --seconds     time that each figure is measured for, after half of it to warm up: 3 by default

Measures the way in, beside a bare Node HTTP server that parses and answers the same JSON in the same run. Load is made by a
process of its own. Fan-out: a thousand readers of a hundred workflows that go on, and the time from an event to its reader.
Ends with 1 where a target does not hold.
`;

/** Requests at a time for which targets are set. */
const held = 32;
const blockMs = 600;
/** What is accepted keeps the product busy afterwards: so that comes last. */
const what = ["fan-out", ...calls] as const;

async function embedded(): Promise<Shape> {
  const system = await BenchSystem.start(blockMs, {});
  await system.fundOperator();
  for (const walletId of ids) await system.fund(walletId);
  // What was changed by hand is final then.
  await system.control("POST", "/mine", { blocks: 3 });
  return embeddedShape(system);
}

async function processes(): Promise<Shape> {
  const system = await SoakSystem.start(blockMs, ids, false, () => {});
  process.stdout.write(`five processes with ${system.stands}\n`);
  return {
    name: "processes",
    restUrl: system.restUrl,
    evidenceUrl: system.httpUrl("evidence"),
    token: system.token,
    rest: (walletId) => system.rest(walletId),
    used: async () => ({ cpuMs: system.cpuMs() }),
    blocks: (what) => system.blocks(what),
    stop: () => system[Symbol.asyncDispose](),
  };
}

function figuresOf(cell: Cell): Figure[] {
  const { call, shape, inFlight, got } = cell;
  const name = `${call}, ${shape}, ${inFlight} in flight`;
  const fine = call === "accept" ? "202" : "200";
  const refused = got.answers - (got.byStatus[fine] ?? 0);
  const figures: Figure[] = [
    { name: `${name}: answers other than ${fine}`, value: refused, unit: "", target: { kind: "at most", value: 0 } },
  ];
  if (inFlight !== held) return figures;
  const late = (value: number): Figure => ({
    name: `${name}: p99`,
    value: got.p99,
    unit: "ms",
    target: { kind: "at most", value },
  });
  if (call === "accept") {
    const value = shape === "embedded" ? 1500 : 600;
    figures.push({ name, value: perSecond(got), unit: "a second", target: { kind: "at least", value } }, late(50));
  } else if (call !== "history" && shape === "embedded") {
    figures.push({ name, value: ratio(cell), unit: "% of bare", target: { kind: "at least", value: 20 } }, late(10));
  }
  return figures;
}

function rowOf(cell: Cell): readonly string[] {
  const { call, shape, inFlight, bare, got, cpuMs, garbage } = cell;
  return [
    call,
    shape,
    String(inFlight),
    perSecond(got).toFixed(0),
    perSecond(bare).toFixed(0),
    `${ratio(cell).toFixed(1)} %`,
    ...[got.p50, got.p95, got.p99].map((ms) => ms.toFixed(1)),
    cpuMs.toFixed(2),
    ...(garbage === undefined ? ["", ""] : garbageOf(garbage, got)),
  ];
}

function garbageOf({ allocatedBytes, pausesMs, longestPauseMs }: Garbage, { answers, ms }: LoadResult): string[] {
  const pauses = `${((100 * pausesMs) / ms).toFixed(1)} %, ${longestPauseMs.toFixed(0)} ms`;
  return [(allocatedBytes / 1024 / Math.max(1, answers)).toFixed(0), pauses];
}

const latencies = ["p50", "p95", "p99 ms"];
const head = ["call", "shape", "in flight", "/s", "bare /s", "ratio", ...latencies, "cpu ms", "KiB", "gc, longest"];
const fanOutHead = ["fan-out", "streams", "events read", ...latencies, "cpu ms an event"];

function rowOfFanOut({ shape, streams, events, p50, p95, p99, cpuMs }: FanOut): readonly string[] {
  return [shape, String(streams), String(events), ...[p50, p95, p99].map((ms) => ms.toFixed(0)), cpuMs.toFixed(3)];
}

const { shapes, only, inFlights, seconds } = readArguments();
const load = Load.ofRequests();
const bare = await Bare.start();
const cells: Cell[] = [];
const fanOuts: FanOut[] = [];
try {
  for (const start of shapes) {
    const shape = await start();
    try {
      const reads = only.some((call) => call === "status" || call === "history");
      const requestIds = reads ? await endedWorkflows(shape) : [];
      if (only.includes("fan-out")) {
        process.stderr.write(`${shape.name}: fan-out ...\n`);
        fanOuts.push(await fanOut(shape, 5_000 * seconds));
      }
      for (const call of calls.filter((call) => only.includes(call))) {
        for (const inFlight of inFlights) {
          process.stderr.write(`${shape.name}: ${call}, ${inFlight} in flight ...\n`);
          cells.push(await measure({ bare, load, seconds }, shape, call, inFlight, requestIds));
        }
      }
    } finally {
      await shape.stop();
    }
  }
} finally {
  load.stop();
  bare.stop();
}
const figures = cells.flatMap(figuresOf);
const tables = [columns([head, ...cells.map(rowOf)]), columns([fanOutHead, ...fanOuts.map(rowOfFanOut)])];
for (const { call, shape, inFlight, got } of cells) {
  for (const [said, count] of Object.entries(got.refusals)) {
    process.stdout.write(`${call}, ${shape}, ${inFlight} in flight: ${count} times ${said}\n`);
  }
}
for (const table of tables) if (table.length > 1) process.stdout.write(`${table.join("\n")}\n\n`);
process.stdout.write(`${tableOf(figures)}\n`);
process.exit(figures.every(holds) ? 0 : 1);

function readArguments() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ options: { only: text, shape: text, "in-flight": text, seconds: text } });
    const only: readonly string[] = values.only?.split(",") ?? what;
    const numbers = (values["in-flight"] ?? "1,32,256").split(",").map(Number);
    const seconds = Number(values.seconds ?? 3);
    if (!only.every((name) => what.some((one) => one === name))) throw new RangeError("no such call");
    if (![...numbers, seconds].every((value) => value > 0)) throw new RangeError("not a positive number");
    const all = { embedded, processes };
    const { shape } = values;
    if (shape !== undefined && shape !== "embedded" && shape !== "processes") throw new RangeError("no such shape");
    const shapes = shape === undefined ? Object.values(all) : [all[shape]];
    return { shapes, only, inFlights: numbers, seconds };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
