import { parseArgs } from "node:util";
import { mutants } from "../simulation/mutants.ts";
import { longRun, type RunResult } from "./long-run.ts";
import { findServers } from "./servers.ts";
import { Table } from "./table.ts";
import { trapName } from "./traps.ts";

const usage = `usage: ./dev faults [--minutes N] [--seed S] [--mutant NAME]

  --minutes N   begins runs for that long, 10 where nothing is said; 0 for one run
  --seed S      of the first run, any where nothing is said; each further run has the next
  --mutant NAME with a bug in the broadcaster: ${Object.keys(mutants).join(", ")}
`;

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly mutant: string | undefined;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const begunMs = performance.now();
  const servers = await findServers();
  for (const what of servers.leftOut) print(`left out: ${what}`);
  const endsMs = performance.now() + options.minutes * 60_000;
  const table = new Table();
  try {
    do {
      const result = await longRun(options.seed + table.runs, servers, options.mutant);
      table.add(result);
      print(lineOf(result));
    } while (performance.now() < endsMs);
  } finally {
    await servers.remove();
  }
  print(`${table.text}\n${Math.round((performance.now() - begunMs) / 1000)} s`);
  return table.violations === 0 ? 0 : 1;
}

function lineOf({ seed, on, kills, played, violations }: RunResult): string {
  const workflows = played.reduce((sum, { ends }) => sum + ends.length, 0);
  const line = `seed ${seed} on ${on}: ${workflows} workflows, ${kills} kills, ${violations.length} violations`;
  if (violations.length === 0) return line;
  return [
    `${line}; ./dev faults --minutes 0 --seed ${seed} does the same again`,
    ...violations.map(({ kind, requestId, sentence }) => `  ${kind} ${requestId ?? ""} ${sentence}`),
    ...played.map(({ play, ends }) => {
      const what = [...play.traps.map(trapName), ...play.troubles.map(({ name }) => name)].join(", ");
      return `  ${ends.map(({ requestId, status }) => `${requestId} ${status}`).join(", ")}: ${what || "nothing"}`;
    }),
  ].join("\n");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Undefined for options that are not such. */
function readOptions(): Options | undefined {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ options: { minutes: text, seed: text, mutant: text } });
    const read = (given: string | undefined, otherwise: number) => {
      if (given !== undefined && !/^\d+(\.\d+)?$/.test(given)) throw new RangeError(`${given} is no number`);
      return given === undefined ? otherwise : Number(given);
    };
    const { mutant } = values;
    if (mutant !== undefined && mutants[mutant] === undefined) throw new RangeError(`no mutant ${mutant}`);
    const seed = Math.trunc(read(values.seed, Date.now() % 1_000_000));
    return { minutes: read(values.minutes, 10), seed, mutant };
  } catch {
    return undefined;
  }
}

process.exitCode = await main();
