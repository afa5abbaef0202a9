import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type ServiceName, serviceNames } from "@outlayer/kit";
import { dust } from "../test/support/steps.ts";
import { asked } from "./support/bench-system.ts";
import type { ProcessUsage } from "./support/process-usage.ts";
import { SoakSystem } from "./support/soak-system.ts";
import { type Figure, holds, tableOf } from "./support/table.ts";

const usage = `usage: ./dev bench soak [options]

  --workflows N       of one call, to carry out in all; 10000
  --from N            workflows after which the heap is what it may stay; a fifth of them
  --every N           workflows between two looks at the memory; as many
  --in-flight N       workflows at once; 12. An intent is pending for 200 blocks at the most: with too many, and short blocks, some grow old
  --block-time-ms N   of the devnet; 20
  --sqlite            evidence on SQLite even where a MongoDB could be had
  --into DIRECTORY    writes there what the services log, and of each a heap snapshot at --from, and one at the end

Runs the five services and a devnet as processes of their own, and tells how much memory each one holds as it goes on. Ends with 1 when
the heap of one of them, after a collection, has grown by 10 % or more from --from to the end, or a workflow did not succeed. Ctrl-C
ends it after the workflows that are under way, and judges what there was.
`;

/** Most growth of a heap, percent. */
const limit = 10;

/** Wallets take turns. None has a policy. */
const wallets = Array.from({ length: 20 }, (_, index) => `soak-${index + 1}`);

const options = readArguments();

interface Look {
  readonly done: number;
  readonly processes: ReadonlyMap<ServiceName, ProcessUsage>;
}

let isInterrupted = false;

async function soak(system: SoakSystem): Promise<boolean> {
  const { workflows, from, every, inFlight, blockTimeMs, into } = options;
  say(
    `${workflows} workflows of one call, ${inFlight} at a time, a block every ${blockTimeMs} ms, on ${system.stands}.`,
  );
  say(
    "Of each process the heap in use after a collection / resident memory, in MB; of the devnet its resident memory.\n",
  );
  say(row(["workflows", "seconds", ...serviceNames, "devnet"]));
  const beganMs = performance.now();
  const look = async (done: number): Promise<Look> => {
    const processes = new Map<ServiceName, ProcessUsage>();
    for (const name of serviceNames) processes.set(name, await system.usage(name));
    const cells = [...processes.values()].map((used) => `${megabytes(used.heapBytes)} / ${megabytes(used.rssBytes)}`);
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
    say(row([String(done), seconds, ...cells, megabytes(system.devnetUsage().rssBytes)]));
    return { done, processes };
  };
  const looks = [await look(0)];
  const failures: string[] = [];
  for (let done = 0; done < workflows && !isInterrupted; ) {
    const upTo = Math.min(done + every, done < from ? from : workflows);
    const carriedOut = await carryOut(system, upTo - done, inFlight);
    failures.push(...carriedOut.failures);
    done += carriedOut.count;
    looks.push(await look(done));
    if (into === undefined || (done !== from && done !== workflows)) continue;
    await system.writeHeapSnapshots(into, String(done));
  }
  if (failures.length > 0) say(`\n${failures.length} workflows did not succeed, the first one: ${failures[0]}`);
  const figures = figuresOf(looks);
  say(`\n${tableOf(figures)}`);
  return failures.length === 0 && figures.every(holds);
}

function figuresOf(looks: readonly Look[]): readonly Figure[] {
  const [first] = looks;
  const base = looks.find(({ done }) => done === options.from);
  const last = looks.at(-1);
  return serviceNames.flatMap((name) => {
    const [begin, before, after] = [first, base, last].map((look) => look?.processes.get(name));
    if (last === undefined || begin === undefined || before === undefined || after === undefined) return [];
    const growth = 100 * (after.heapBytes / before.heapBytes - 1);
    const cpuMs = (after.cpuMs - begin.cpuMs) / last.done;
    const at = `from ${base?.done} to ${last?.done} workflows`;
    return [
      { name: `${name}: growth of the heap ${at}`, value: growth, unit: "%", target: { kind: "below", value: limit } },
      { name: `${name}: processor time a workflow`, value: cpuMs, unit: "ms" },
    ] as const;
  });
}

/** @returns their number, and the failures */
async function carryOut(system: SoakSystem, wanted: number, width: number) {
  const failures: string[] = [];
  let begun = 0;
  const oneByOne = async () => {
    while (begun < wanted && !isInterrupted) {
      begun += 1;
      const failure = await failureOf(system, wallets[begun % wallets.length] ?? "");
      if (failure !== undefined) failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: width }, oneByOne));
  return { count: begun, failures };
}

/** Executes one workflow. @returns the failure, if it did not succeed */
async function failureOf(system: SoakSystem, walletId: string): Promise<string | undefined> {
  const rest = system.rest(walletId);
  const key = crypto.randomUUID();
  let answer = await asked(() => rest.execute([dust], key, 30));
  while (answer.status === 202) {
    const id = answer.body.request_id;
    answer = await asked(() => rest.get(`/workflows/${id}?wait=25`));
    if (answer.body?.retry_after_ms === null) break;
    if (answer.status === 200) answer = { ...answer, status: 202 };
  }
  return answer.body?.status === "succeeded" ? undefined : `HTTP ${answer.status}: ${JSON.stringify(answer.body)}`;
}

function noteLine(line: string): void {
  if (options.into !== undefined) appendFileSync(join(options.into, "services.log"), `${line}\n`);
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(14)).join("");
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readArguments() {
  const text = { type: "string" } as const;
  const count = (given: string | undefined, otherwise: number) => {
    const value = given === undefined ? otherwise : Number(given);
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`not a positive integer: ${given}`);
    return value;
  };
  try {
    const { values } = parseArgs({
      options: {
        workflows: text,
        from: text,
        every: text,
        "in-flight": text,
        "block-time-ms": text,
        sqlite: { type: "boolean", default: false },
        into: text,
      },
    });
    const workflows = count(values.workflows, 10_000);
    const from = count(values.from, Math.ceil(workflows / 5));
    if (from > workflows) throw new RangeError("--from is more than --workflows");
    return {
      workflows,
      from,
      every: count(values.every, from),
      inFlight: count(values["in-flight"], 12),
      blockTimeMs: count(values["block-time-ms"], 20),
      usesSqlite: values.sqlite,
      into: values.into,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

if (options.into !== undefined) mkdirSync(options.into, { recursive: true });
say("Getting a MongoDB and a NATS, and starting the services ...");
const system = await SoakSystem.start(options.blockTimeMs, wallets, options.usesSqlite, noteLine);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    isInterrupted = true;
  });
}
const holdsAll = await soak(system).finally(() => system[Symbol.asyncDispose]());
process.exit(holdsAll && !isInterrupted ? 0 : 1);
