import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { setRegister } from "../test/support/steps.ts";
import { ScaleSystem } from "./support/scale-system.ts";
import { type Figure, holds, tableOf } from "./support/table.ts";

const usage = `usage: ./dev bench scale [--only GxB,GxB] [--chains N]

  --only    numbers of gates and broadcasters, or moves; 1x1, 1x2, 1x4, 2x1, 2x2, 2x4, 4x1, 4x2, 4x4 and moves where
            nothing is said
  --chains  of three calls at each gate, 12 where nothing is said

Measures what more gates and more broadcasters are good for: a devnet, the five services and further broadcasters, each in a
process of its own. "moves" starts a second broadcaster under load, and kills one, and says what gates that moved lost by that.
Ends with 1 when a target does not hold.
`;

/** Mainnet's block time, milliseconds. */
const blockMs = 600;

/** The best rate of a gate: chains of three calls, one every seven blocks. */
const best = { calls: 3, blocks: 7 };

/** Least rate of four gates on two broadcasters, in rates of one gate. */
const fourGatesAtLeast = 3.6;

/** Blocks in which nothing happens, to see what the processes cost by themselves. */
const idleBlocks = 30;

/** The usual time of a lease, in blocks. */
const leaseBlocks = 15_000 / blockMs;

/** Most blocks that a gate may lose when it moves: to another broadcaster by hand-over, and from one that was killed. */
const most = { handOver: 3, kill: leaseBlocks + 5 };

/** Time in which a broadcaster that was started is handed what belongs to it, milliseconds. */
const handedMs = 30_000;

/** Longest that one record may stay as it is, milliseconds: the last of a queue waits for all others. */
const patienceMs = 300_000;

interface Size {
  readonly gates: number;
  readonly broadcasters: number;
}

interface Measured {
  /** Dispatches a block, over all gates. */
  readonly rate: number;
  readonly figures: readonly Figure[];
}

async function measure({ gates, broadcasters }: Size, chains: number): Promise<Measured> {
  await using system = await ScaleSystem.start(gates, broadcasters, broadcasters, blockMs);
  // Some blocks for the followers to learn their pace, and for the leases to be shared out.
  await pause(50 * blockMs);
  const held = await Promise.all(Array.from({ length: broadcasters }, (_, index) => system.heldBy(index)));
  const idleBefore = system.cpuMs();
  await pause(idleBlocks * blockMs);
  const cpuBefore = system.cpuMs();
  const starts = await Promise.all(system.gateIds.map((gateId) => startsAt(system, gateId, chains, "all")));
  const cpuMs = (system.cpuMs() - cpuBefore) / (gates * chains);
  // Of each gate from its first chain's start to its last one's.
  const rates = starts.map((of) => (best.calls * (of.length - 1)) / ((of.at(-1) ?? 0) - (of[0] ?? 0)));
  const rate = rates.reduce((sum, one) => sum + one, 0);
  const name = `${gates} ${gates === 1 ? "gate" : "gates"} on ${broadcasters}`;
  const figures: Figure[] = [
    { name: `${name}: dispatches a block`, value: rate, unit: "calls" },
    { name: `${name}: of all gates' best`, value: (100 * rate * best.blocks) / (best.calls * gates), unit: "%" },
    { name: `${name}: processor time a workflow, all processes`, value: cpuMs, unit: "ms" },
    {
      name: `${name}: idle, a second, all processes`,
      value: (cpuBefore - idleBefore) / ((idleBlocks * blockMs) / 1000),
      unit: "ms",
    },
    { name: `${name}: memory of the first broadcaster`, value: system.broadcasterRssBytes() / 2 ** 20, unit: "MB" },
    ...held.map((of, index) => ({
      name: `${name}: partitions that broadcaster ${index + 1} drove at the start`,
      value: of.length,
      unit: "partitions",
    })),
  ];
  return { rate, figures };
}

/** @returns height of the first dispatch of each chain, of so many that are posted at once at a gate, in order */
async function startsAt(system: ScaleSystem, gateId: string, chains: number, round: string): Promise<number[]> {
  const calls = Array.from({ length: best.calls }, () => setRegister(1));
  const records = await Promise.all(
    Array.from({ length: chains }, async (_, index) => {
      const rest = system.rest(`scale-${index % 4}`);
      const posted = { gate_id: gateId, idempotency_key: `${round} ${gateId} ${index}`, calls };
      const { status, body } = await rest.post("/sequential-batch", posted, { prefer: "wait=0" });
      if (status !== 202) throw new Error(`HTTP ${status}: ${JSON.stringify(body)}`);
      const record = await rest.ended(body.request_id, patienceMs);
      if (record.status !== "succeeded") throw new Error(`${record.status}: ${record.user_visible_error}`);
      return record;
    }),
  );
  return records.map(({ dispatch_block_heights: [first] }) => first as number).sort((a, b) => a - b);
}

/** What gates lose when they move. */
async function moves(): Promise<Figure[]> {
  const [gates, room] = [4, 8];
  await using system = await ScaleSystem.start(gates, 1, room, blockMs);
  await pause(30 * blockMs);
  const begin = (round: string, chains: number) =>
    Promise.all(system.gateIds.map(async (id) => [id, await startsAt(system, id, chains, round)] as const));

  const up = begin("up", 30);
  await pause(20 * blockMs);
  const added = await addUntilOneDrives(system, room);
  const starts = new Map(await up);
  const moved = gatesOf(await system.heldBy(added.index));
  const firsts = moved.flatMap((id) => starts.get(id)?.find((height) => height >= added.drivesAt) ?? []);
  const handOver = Math.max(...moved.map((id) => longestGap(starts.get(id) ?? [], added.startedAt)));

  const down = begin("down", 16);
  await pause(20 * blockMs);
  const lost = gatesOf(await system.heldBy(added.index));
  const killedAt = await system.head();
  await system.endBroadcaster(added.index, "SIGKILL");
  const after = new Map(await down);
  const kill = Math.max(...lost.map((id) => longestGap(after.get(id) ?? [], killedAt)));
  return [
    { name: "a second broadcaster: gates that moved to it", value: moved.length, unit: "gates" },
    { name: "from its start to its first dispatch", value: Math.min(...firsts) - added.startedAt, unit: "blocks" },
    {
      name: "a hand-over under load: blocks that a gate lost, the most",
      value: handOver - best.blocks,
      unit: "blocks",
      target: { kind: "at most", value: most.handOver },
    },
    {
      name: `a kill under load: blocks that a gate lost, the most (a lease is ${leaseBlocks})`,
      value: kill - best.blocks,
      unit: "blocks",
      target: { kind: "at most", value: most.kill },
    },
  ];
}

/** Starts broadcasters one after the other until one is handed a gate: hashing may leave one without any. */
async function addUntilOneDrives(system: ScaleSystem, room: number) {
  for (let index = 1; index < room; index += 1) {
    const startedAt = await system.head();
    await system.startBroadcaster(index);
    for (const endsMs = Date.now() + handedMs; Date.now() < endsMs; await pause(blockMs / 4)) {
      if (gatesOf(await system.heldBy(index)).length > 0) return { index, startedAt, drivesAt: await system.head() };
    }
    await system.endBroadcaster(index, "SIGTERM");
  }
  throw new Error(`none of ${room - 1} broadcasters was handed a gate`);
}

function gatesOf(partitions: readonly string[]): string[] {
  return partitions.flatMap((partition) => (partition.startsWith("gate:") ? [partition.slice("gate:".length)] : []));
}

/** Most blocks between two starts, the later of them above a height; without any lost, these are the blocks of one chain. */
function longestGap(starts: readonly number[], above: number): number {
  const gaps = starts.flatMap((start, index) => (start > above ? [start - (starts[index - 1] ?? start)] : []));
  return Math.max(...gaps);
}

interface Options {
  readonly sizes: readonly Size[];
  readonly moves: boolean;
  readonly chains: number;
}

/** Undefined for options that are not such. */
function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({ options: { only: { type: "string" }, chains: { type: "string" } } });
    const all = [1, 2, 4].flatMap((gates) => [1, 2, 4].map((broadcasters) => `${gates}x${broadcasters}`));
    const only = values.only?.split(",") ?? [...all, "moves"];
    const named = only.filter((one) => one !== "moves");
    const sizes = named.map((size) => {
      const [, gates, broadcasters] = /^(\d{1,2})x(\d)$/.exec(size) ?? [];
      if (!(Number(gates) > 0 && Number(broadcasters) > 0)) throw new RangeError("no such size");
      return { gates: Number(gates), broadcasters: Number(broadcasters) };
    });
    const chains = Number(values.chains ?? 12);
    if (!Number.isInteger(chains) || chains < 2) throw new RangeError("too few chains");
    return { sizes, chains, moves: named.length < only.length };
  } catch {
    return undefined;
  }
}

const options = readOptions();
if (options === undefined) {
  process.stderr.write(usage);
  process.exit(2);
}
const figures: Figure[] = [];
const rates = new Map<string, number>();
for (const size of options.sizes) {
  process.stderr.write(`${size.gates} gates on ${size.broadcasters} ...\n`);
  const measured = await measure(size, options.chains);
  rates.set(`${size.gates}x${size.broadcasters}`, measured.rate);
  figures.push(...measured.figures);
}
const [one, four] = [rates.get("1x1"), rates.get("4x2")];
if (one !== undefined && four !== undefined) {
  const target = { kind: "at least", value: fourGatesAtLeast } as const;
  figures.push({ name: "4 gates on 2, in rates of 1 gate on 1", value: four / one, unit: "times", target });
}
if (options.moves) {
  process.stderr.write("moves ...\n");
  figures.push(...(await moves()));
}
process.stdout.write(`${tableOf(figures)}\n`);
process.exit(figures.every(holds) ? 0 : 1);
