import { parseArgs } from "node:util";
import { attacks } from "./attacks/index.ts";
import { hostileRun } from "./hostile-run.ts";
import { tableOf } from "./table.ts";
import { faultsOf } from "./verdict.ts";

const usage = `usage: ./dev hostile [--minutes N] [--seed S] [--only NAME,...] [--round N] [--untimed]

  --minutes N   of attacks, 10 where nothing is said; every attack is made once however few
  --seed S      of what the attacks choose, any where nothing is said
  --only NAMES  comma-separated: ${attacks.map(({ name }) => name).join(", ")}
  --round N     begins with that round of each attack, to play one again
  --untimed     fails for nothing that a busy machine can bring about by itself, and sends no request alone
`;

/** A long run holds the honest p95 to what is promised. A short one has some twenty samples a phase, of which the p95 is the worst but one. */
const longMinutes = 5;
const slowdownOfLong = 1.5;
const slowdownOfShort = 3;

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const begunMs = performance.now();
  print(`seed ${options.seed}`);
  const figures = await hostileRun({ ...options, say: print });
  const isLong = options.minutes >= longMinutes;
  const faults = faultsOf(figures, { slowdown: isLong ? slowdownOfLong : slowdownOfShort });
  print(`\n${tableOf(figures)}\n`);
  const counted = faults.filter(({ byTiming }) => !byTiming || !options.untimed);
  for (const fault of faults) print(`${counted.includes(fault) ? "FAULT" : "not held to here:"} ${fault.what}`);
  const replay = `./dev hostile --minutes ${options.minutes} --seed ${options.seed}`;
  print(
    `${Math.round((performance.now() - begunMs) / 1000)} s, ${counted.length} faults${counted.length === 0 ? "" : `; again with ${replay}`}`,
  );
  return counted.length === 0 ? 0 : 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Undefined for options that are not such. */
function readOptions() {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({
      options: { minutes: text, seed: text, only: text, round: text, untimed: { type: "boolean" } },
    });
    const read = (given: string | undefined, otherwise: number) => {
      if (given !== undefined && !/^\d+(\.\d+)?$/.test(given)) throw new RangeError(`${given} is no number`);
      return given === undefined ? otherwise : Number(given);
    };
    const only = values.only?.split(",") ?? [];
    if (only.some((name) => attacks.every((attack) => attack.name !== name))) throw new RangeError("no such attack");
    return {
      minutes: read(values.minutes, 10),
      seed: Math.trunc(read(values.seed, Date.now() % 1_000_000)),
      only,
      firstRound: Math.trunc(read(values.round, 1)),
      untimed: values.untimed === true,
    };
  } catch {
    return undefined;
  }
}

process.exitCode = await main();
