import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { remoteTransport } from "@outlayer/kit";
import { columns } from "../embedded/src/table.ts";
import { three } from "../test/support/steps.ts";
import { BenchSystem } from "./support/bench-system.ts";
import { type AnswerName, answerNames } from "./support/ports/answers.ts";
import type { Called, CallerJob, Weighed } from "./support/ports/caller-process.ts";
import type { Port, SideReport } from "./support/ports/port-process.ts";
import { type Way, ways } from "./support/ports/ways.ts";

const usage = `usage: ./dev bench ports [--only NAME,NAME] [--ways TEXT] [--in-flight N,N] [--seconds N] [--rounds N]

  --only        of: ${answerNames.join(", ")}
  --ways        those with one of these texts, parted by ";", in their names
  --in-flight   calls at a time: 1 and 32 by default
  --seconds     time that each figure of a round is measured for: 1 by default
  --rounds      3 by default; what is shown is the median

Measures a call from service to service over loopback in several ways, each side in a process of its own: Connect and gRPC,
by Connect's and by grpc-js' transports, with and without a service's guards, and settings of HTTP/2. It has no targets:
docs/adr/0025-calls-between-processes.md says what follows from its figures.
`;

const walletId = "bench-1";

/** The record of a workflow of three calls that the product has carried out, encoded. */
async function productsRecord(): Promise<Uint8Array> {
  const blockMs = 150;
  const system = await BenchSystem.start(blockMs, {});
  try {
    await system.fund(walletId);
    await system.fundOperator();
    await system.control("POST", "/mine", { blocks: 3 });
    const rest = system.rest(walletId);
    const { request_id: requestId, status } = await rest.ended(await rest.begin(three), 60_000);
    if (status !== "succeeded") throw new Error(`the workflow ended as ${status}`);
    const url = system.info.grpc.evidence;
    const transport = remoteTransport(url, { from: undefined, to: "evidence", serviceToken: undefined });
    const headers = { "x-wallet-id": walletId, "x-internal-wallet-auth": system.info.internal_token };
    const record = await createClient(RecordService, transport).getRecord({ requestId }, { headers });
    return toBinary(RecordSchema, record);
  } finally {
    await system.stop();
  }
}

/** A process that this bench asks, one question at a time. */
class Asked {
  readonly #process: ChildProcess;
  readonly #ended: Promise<never>;
  /** What it said once it was there. */
  readonly first: string;

  private constructor(process: ChildProcess, ended: Promise<never>, first: string) {
    this.#process = process;
    this.#ended = ended;
    this.first = first;
  }

  static async start(file: string, argv: readonly string[]): Promise<Asked> {
    const child = fork(fileURLToPath(new URL(`support/ports/${file}`, import.meta.url)), argv);
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`${file} ended with ${code}`);
    });
    ended.catch(() => {});
    const [first] = await Promise.race([once(child, "message"), ended]);
    return new Asked(child, ended, first);
  }

  async ask<T>(question: CallerJob | "report"): Promise<T> {
    const answer = once(this.#process, "message");
    this.#process.send(question);
    return (await Promise.race([answer, this.#ended]))[0] as T;
  }

  stop(): void {
    this.#process.disconnect();
  }
}

interface Round extends Called {
  readonly port: SideReport;
}

/** One way, with one answer and so many calls at a time. */
interface Cell {
  readonly way: Way;
  readonly answer: AnswerName;
  readonly inFlight: number;
  readonly rounds: Round[];
}

async function round(caller: Asked, port: Asked, { answer, inFlight }: Cell, seconds: number): Promise<Round> {
  await caller.ask<Called>({ kind: "call", answer, inFlight, ms: 300 * seconds });
  await port.ask<SideReport>("report");
  const called = await caller.ask<Called>({ kind: "call", answer, inFlight, ms: 1000 * seconds });
  return { ...called, port: await port.ask<SideReport>("report") };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rowOf({ way, answer, inFlight, rounds }: Cell, weighed: Weighed): readonly string[] {
  const of = (figure: (round: Round) => number, digits: number) => median(rounds.map(figure)).toFixed(digits);
  const micros = (side: SideReport, calls: number) => (1000 * side.cpuMs) / calls;
  const kib = (side: SideReport, calls: number) => side.allocatedBytes / 1024 / calls;
  return [
    answer,
    String(inFlight),
    way.name,
    of((round) => micros(round, round.calls), 0),
    of((round) => micros(round.port, round.calls), 0),
    of(({ p50 }) => p50, 2),
    of(({ p99 }) => p99, 1),
    of((round) => kib(round, round.calls), 0),
    of((round) => kib(round.port, round.calls), 0),
    weighed.requestBytes.toFixed(0),
    weighed.answerBytes.toFixed(0),
  ];
}

const head = [
  ...["answer", "in flight", "way", "caller us", "port us", "p50", "p99 ms"],
  ...["caller KiB", "port KiB", "bytes there", "and back"],
];

const { seconds, rounds, only, inFlights, chosen } = readArguments();
process.stderr.write("the product carries out a workflow ...\n");
const record = Buffer.from(await productsRecord());
process.stdout.write(`a record: ${record.length} bytes\n`);
const asked: Asked[] = [];
try {
  const start = async (file: string, ...argv: string[]) => {
    const process = await Asked.start(file, argv);
    asked.push(process);
    return process;
  };
  const ports = new Map<Port, Asked>();
  for (const port of new Set(chosen.map(({ port }) => port)))
    ports.set(port, await start("port-process.ts", port, record.toString("base64")));
  const callers = new Map<Way, readonly [caller: Asked, port: Asked]>();
  for (const way of chosen) {
    const port = ports.get(way.port) as Asked;
    callers.set(way, [await start("caller-process.ts", String(ways.indexOf(way)), port.first), port]);
  }
  const cells = only.flatMap((answer) =>
    inFlights.flatMap((inFlight) => chosen.map((way): Cell => ({ way, answer, inFlight, rounds: [] }))),
  );
  // Ways take turns, so that what else the machine does falls on all of them.
  for (let done = 0; done < rounds; done += 1) {
    process.stderr.write(`round ${done + 1} of ${rounds} ...\n`);
    for (const cell of cells)
      cell.rounds.push(await round(...(callers.get(cell.way) as [Asked, Asked]), cell, seconds));
  }
  const rows: (readonly string[])[] = [head];
  for (const cell of cells) {
    const [caller] = callers.get(cell.way) as [Asked, Asked];
    rows.push(rowOf(cell, await caller.ask<Weighed>({ kind: "weigh", answer: cell.answer })));
  }
  process.stdout.write(`${columns(rows).join("\n")}\n`);
} finally {
  for (const process of asked) process.stop();
}
process.exit(0);

function readArguments() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: { only: text, ways: text, "in-flight": text, seconds: text, rounds: text },
    });
    const only = answerNames.filter((name) => values.only?.split(",").includes(name) ?? true);
    const chosen = ways.filter(({ name }) => values.ways?.split(";").some((part) => name.includes(part)) ?? true);
    const inFlights = (values["in-flight"] ?? "1,32").split(",").map(Number);
    const [seconds, rounds] = [Number(values.seconds ?? 1), Number(values.rounds ?? 3)];
    if (only.length === 0 || chosen.length === 0) throw new RangeError("nothing to measure");
    if (![...inFlights, seconds, rounds].every((value) => value > 0)) throw new RangeError("not a positive number");
    return { seconds, rounds, only, inFlights, chosen };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
