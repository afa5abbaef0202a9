import { parseArgs } from "node:util";
import { columns } from "../embedded/src/table.ts";
import { Bare } from "./support/bare.ts";
import { BenchSystem } from "./support/bench-system.ts";
import { Load } from "./support/load.ts";
import { SoakSystem } from "./support/soak-system.ts";
import { type Figure, holds, tableOf } from "./support/table.ts";
import {
  type Call,
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

  --only        of: plan, status, history, accept
  --shape       the product in one process, or on five; both by default
  --in-flight   requests at a time: 1, 32 and 256 by default; the targets are those of 32
  --seconds     time that each figure is measured for, after half of it to warm up: 3 by default

Measures the way in, beside a bare Node HTTP server that parses and answers the same JSON in the same run. Load is made by a
process of its own. Ends with 1 where a target does not hold.
`;

/** Requests at a time for which targets are set. */
const held = 32;
const blockMs = 600;

async function embedded(): Promise<Shape> {
  return embeddedShape(await BenchSystem.start(blockMs, {}));
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
  const { call, shape, inFlight, bare, got, cpuMs, pauses } = cell;
  return [
    call,
    shape,
    String(inFlight),
    perSecond(got).toFixed(0),
    perSecond(bare).toFixed(0),
    `${ratio(cell).toFixed(1)} %`,
    ...[got.p50, got.p95, got.p99].map((ms) => ms.toFixed(1)),
    cpuMs.toFixed(2),
    pauses === undefined ? "" : `${((100 * pauses.sumMs) / got.ms).toFixed(1)} %, ${pauses.longestMs.toFixed(0)} ms`,
  ];
}

const head = ["call", "shape", "in flight", "/s", "bare /s", "ratio", "p50", "p95", "p99 ms", "cpu ms", "gc, longest"];

const { shapes, only, inFlights, seconds } = readArguments();
const load = new Load();
const bare = await Bare.start();
const cells: Cell[] = [];
try {
  for (const start of shapes) {
    const shape = await start();
    try {
      const reads = only.some((call) => call === "status" || call === "history");
      const requestIds = reads ? await endedWorkflows(shape) : [];
      for (const call of only) {
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
process.stdout.write(`${columns([head, ...cells.map(rowOf)]).join("\n")}\n\n${tableOf(figures)}\n`);
process.exit(figures.every(holds) ? 0 : 1);

function readArguments() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ options: { only: text, shape: text, "in-flight": text, seconds: text } });
    const only = values.only?.split(",") ?? calls;
    const numbers = (values["in-flight"] ?? "1,32,256").split(",").map(Number);
    const seconds = Number(values.seconds ?? 3);
    if (!only.every((name): name is Call => calls.some((call) => call === name))) throw new RangeError("no such call");
    if (![...numbers, seconds].every((value) => value > 0)) throw new RangeError("not a positive number");
    const all = { embedded, processes };
    const { shape } = values;
    if (shape !== undefined && shape !== "embedded" && shape !== "processes") throw new RangeError("no such shape");
    const shapes = shape === undefined ? Object.values(all) : [all[shape]];
    // What is accepted keeps the product busy afterwards.
    return { shapes, only: calls.filter((call) => only.includes(call)), inFlights: numbers, seconds };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
