import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { columns } from "../embedded/src/table.ts";
import { three } from "../test/support/steps.ts";
import { BenchSystem } from "./support/bench-system.ts";
import { Load, requestText } from "./support/load.ts";
import { type LoadResult, marker } from "./support/load-process.ts";
import type { Pauses } from "./support/pauses.ts";
import { SoakSystem } from "./support/soak-system.ts";
import { type Figure, holds, tableOf } from "./support/table.ts";

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
const ids = Array.from({ length: 32 }, (_, index) => `bench-${index + 1}`);
const calls = ["plan", "status", "history", "accept"] as const;
type Call = (typeof calls)[number];

/** What is measured, in one of its shapes. */
interface Shape {
  readonly name: "embedded" | "processes";
  readonly restUrl: string;
  readonly evidenceUrl: string;
  readonly token: string;
  readonly rest: BenchSystem["rest"];
  /** Processor time so far, milliseconds, and pauses since the last call where they are known. */
  used(): Promise<{ readonly cpuMs: number; readonly pauses?: Pauses }>;
  stop(): Promise<void>;
}

async function embedded(): Promise<Shape> {
  const system = await BenchSystem.start(blockMs, {});
  const { rest: restUrl, http, internal_token: token } = system.info;
  return {
    name: "embedded",
    restUrl,
    evidenceUrl: http.evidence,
    token,
    rest: (walletId) => system.rest(walletId),
    used: () => system.usage(),
    stop: () => system.stop(),
  };
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

/** The bare server, in a process of its own. */
class Bare {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(): Promise<Bare> {
    const child = fork(fileURLToPath(new URL("support/bare-process.ts", import.meta.url)));
    const [port] = await once(child, "message");
    return new Bare(child, port);
  }

  /** Makes it answer with this JSON. */
  async tell(text: string): Promise<void> {
    const told = once(this.#process, "message");
    this.#process.send(text);
    await told;
  }

  stop(): void {
    this.#process.disconnect();
  }
}

/** The requests of a call, one by one in turn. @param requestIds of ended workflows of the wallets, in their order */
function requestsOf(call: Call, shape: Shape, requestIds: readonly string[]): readonly string[] {
  const run = Math.random().toString(36).slice(2);
  return ids.map((walletId, index) => {
    const headers = {
      "x-wallet-id": walletId,
      "x-internal-wallet-auth": shape.token,
      "content-type": "application/json",
    };
    const rest = (path: string) => new URL(`/wallet/v1/workflows${path}`, shape.restUrl);
    const requestId = requestIds[index] ?? "";
    switch (call) {
      case "plan":
        return requestText(rest("/plan"), "POST", headers, JSON.stringify({ steps: three }));
      case "status":
        return requestText(rest(`/${requestId}`), "GET", headers);
      case "history": {
        const url = new URL("/outlayer.evidence.v1.RecordService/GetHistory", shape.evidenceUrl);
        return requestText(url, "POST", headers, JSON.stringify({ requestId }));
      }
      case "accept": {
        const body = JSON.stringify({ steps: three, idempotency_key: `${run}-${marker}` });
        return requestText(rest("/execute"), "POST", { ...headers, prefer: "wait=0" }, body);
      }
      default:
        return call satisfies never;
    }
  });
}

interface Cell {
  readonly call: Call;
  readonly shape: Shape["name"];
  readonly inFlight: number;
  readonly bare: LoadResult;
  readonly got: LoadResult;
  readonly cpuMs: number;
  readonly pauses: Pauses | undefined;
}

async function measure(
  { bare, load, seconds }: { readonly bare: Bare; readonly load: Load; readonly seconds: number },
  shape: Shape,
  call: Call,
  inFlight: number,
  requestIds: readonly string[],
): Promise<Cell> {
  const requests = requestsOf(call, shape, requestIds);
  const { hostname: host, port } = new URL(call === "history" ? shape.evidenceUrl : shape.restUrl);
  const times = { inFlight, warmMs: seconds * 500, ms: seconds * 1000 };
  let before = await shape.used();
  const got = await load.run({ host, port: Number(port), requests, ...times }, async () => {
    before = await shape.used();
  });
  const after = await shape.used();
  await bare.tell(got.sample);
  const own = requests.map((text) => text.replace(/^host: .*$/m, `host: 127.0.0.1:${bare.port}`));
  const beside = await load.run({ host: "127.0.0.1", port: bare.port, requests: own, ...times }, async () => {});
  const cpuMs = (after.cpuMs - before.cpuMs) / Math.max(1, got.answers);
  return { call, shape: shape.name, inFlight, bare: beside, got, cpuMs, pauses: after.pauses };
}

function perSecond({ answers, ms }: LoadResult): number {
  return (1000 * answers) / ms;
}

function ratio({ got, bare }: Cell): number {
  return (100 * perSecond(got)) / perSecond(bare);
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

/** One workflow of each wallet, once all of them have ended. @returns their request ids */
async function endedWorkflows(shape: Shape): Promise<readonly string[]> {
  const requestIds = await Promise.all(ids.map((id) => shape.rest(id).begin(three)));
  await Promise.all(requestIds.map((requestId, index) => shape.rest(ids[index] ?? "").ended(requestId, 120_000)));
  return requestIds;
}

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
