import { parseArgs } from "node:util";
import { longRun, type RunResult } from "./long-run.ts";
import { findServers } from "./servers.ts";
import { Table } from "./table.ts";
import { trapName } from "./traps.ts";

const usage = `usage: ./dev faults [--minutes N] [--seed S]

  --minutes N   begins runs for that long, 10 where nothing is said; 0 for one run
  --seed S      of the first run, any where nothing is said; each further run has the next
`;

interface Options {
  readonly minutes: number;
  readonly seed: number;
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
      const result = await longRun(options.seed + table.runs, servers);
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
    const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
    const read = (text: string | undefined, otherwise: number) => {
      if (text !== undefined && !/^\d+(\.\d+)?$/.test(text)) throw new RangeError(`${text} is no number`);
      return text === undefined ? otherwise : Number(text);
    };
    return { minutes: read(values.minutes, 10), seed: Math.trunc(read(values.seed, Date.now() % 1_000_000)) };
  } catch {
    return undefined;
  }
}

process.exitCode = await main();
