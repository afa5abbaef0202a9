import { parseArgs } from "node:util";
import type { HistoryResult } from "./history.ts";
import { install, mutants } from "./mutants.ts";
import { runHistories } from "./pool.ts";
import { Summary } from "./summary.ts";

const usage = `usage: ./dev simulate [--histories N] [--minutes N] [--first N] [--jobs N] [--seed N] [--mutant NAME]

  --histories N   how many, 300 where nothing is said
  --minutes N     as many as fit into that time
  --first N       the first seed, 1 where nothing is said
  --jobs N        histories at a time, one a core where nothing is said
  --seed N        that history alone, with everything that happens in it
  --mutant NAME   with a bug in the product: ${Object.keys(mutants).join(", ")}
`;

/** Lines of a trace that are shown of a history that went wrong. */
const tail = 60;

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { seed, mutant } = options;
  if (seed === undefined) return runMany(options);
  if (mutant !== undefined) install(mutant);
  const { runHistory } = await import("./history.ts");
  const result = await runHistory(seed);
  print(result.trace);
  report(result, 0);
  print([new Summary().add(result).text]);
  return result.violations.length === 0 ? 0 : 1;
}

interface Options {
  readonly histories: number;
  readonly minutes: number | undefined;
  readonly first: number;
  readonly jobs: number | undefined;
  readonly seed: number | undefined;
  readonly mutant: string | undefined;
}

async function runMany({ histories, minutes, first, jobs, mutant }: Options): Promise<number> {
  const begunMs = performance.now();
  const endsMs = minutes === undefined ? Number.POSITIVE_INFINITY : begunMs + minutes * 60_000;
  const most = minutes === undefined ? histories : Number.POSITIVE_INFINITY;
  const summary = new Summary();
  let given = 0;
  await runHistories({
    mutant,
    jobs,
    next() {
      if (given >= most || performance.now() > endsMs) return undefined;
      given += 1;
      return first + given - 1;
    },
    done(result) {
      summary.add(result);
      if (result.violations.length > 0) report(result, tail);
      if (summary.histories % 100 === 0) print([summary.line]);
    },
  });
  const seconds = (performance.now() - begunMs) / 1000;
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6 / summary.histories;
  print([summary.text, `${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(1)} of CPU a history`]);
  return summary.violations === 0 ? 0 : 1;
}

function report({ seed, violations, logs, trace }: HistoryResult, lines: number): void {
  if (violations.length === 0) return;
  print([`seed ${seed}: ${violations.length} violations; ./dev simulate --seed ${seed} replays it`]);
  for (const { kind, requestId, sentence } of violations) print([`  ${kind} ${requestId ?? ""} ${sentence}`]);
  for (const [requestId, log] of Object.entries(logs))
    print([`  log of ${requestId}`, ...log.map((one) => `    ${one}`)]);
  if (lines > 0) print(trace.slice(-lines).map((one) => `  ${one}`));
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Undefined for options that are not such. */
function readOptions(): Options | undefined {
  const number = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: {
        histories: number,
        minutes: number,
        first: number,
        jobs: number,
        seed: number,
        mutant: { type: "string" },
      },
    });
    const read = (text: string | undefined) => {
      if (text !== undefined && !/^\d+$/.test(text)) throw new RangeError(`${text} is no number`);
      return text === undefined ? undefined : Number(text);
    };
    const { mutant } = values;
    if (mutant !== undefined && mutants[mutant] === undefined) throw new RangeError(`no mutant ${mutant}`);
    const [minutes, seed] = [read(values.minutes), read(values.seed)];
    const [histories = 300, first = 1, jobs] = [values.histories, values.first, values.jobs].map(read);
    if (jobs === 0) throw new RangeError("no jobs do nothing");
    return { histories, minutes, first, jobs, seed, mutant };
  } catch {
    return undefined;
  }
}

process.exitCode = await main();
