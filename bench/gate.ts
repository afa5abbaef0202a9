import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { dust } from "../test/support/steps.ts";
import { asked, BenchSystem, type CallCounts, callsBetween, totalOf } from "./support/bench-system.ts";
import { type Conditions, chainsOf } from "./support/chains.ts";
import { SoakSystem } from "./support/soak-system.ts";
import { type Figure, holds, tableOf } from "./support/table.ts";

const usage = `usage: ./dev bench gate [--only NAME,NAME] [--calls]

  --only    of: lone, lone-default, queue-10, queue-100, stepwise-100, queue-1000, chains, chains-slow, chains-shards,
            chains-late, chains-ahead, queue-2000
  --calls   prints also how many calls of each kind were made of NEAR's RPC

Measures how the gate is used: on a devnet in a process of its own, by the embedded product in another one. Ends with 1 when a
target does not hold. The larger queues run on faster blocks than the chain's: neither calls nor memory depend on them. The largest runs
on five processes, of which the broadcaster is measured.
`;

/** Mainnet's block time, milliseconds. */
const chainBlockMs = 600;

/** Blocks in which nothing happens, to see what the process costs by itself. */
const idleBlocks = 30;

/** The best rate of chains of three: three calls every seven blocks. */
const chain = { calls: 3, blocks: 7 };

const lines: string[] = [];

/** A workflow on an idle gate, started at several moments between two blocks. */
async function lone(name: string, pollMs: number, targetBlocks: number): Promise<Figure[]> {
  const system = await BenchSystem.start(chainBlockMs, { NEAR_POLL_INTERVAL_MS: String(pollMs) });
  try {
    const moments = 5;
    const rest = system.rest("wallet-1");
    const blocks: number[] = [];
    const calls: number[] = [];
    let dearest: CallCounts = {};
    // Some blocks for the follower to learn their pace; the first workflow makes the one-time requests.
    await pause(20 * chainBlockMs);
    for (let moment = 0; moment < moments; moment += 1) {
      await pause(5 * chainBlockMs + (moment * chainBlockMs) / moments);
      const before = await system.rpcCalls();
      const begin = await system.head();
      const requestId = await rest.begin(workflowSteps());
      await succeeded(system, "wallet-1", requestId);
      const height = (await system.head()) - begin;
      const seen = callsBetween(before, await system.rpcCalls());
      blocks.push(height);
      calls.push(totalOf(seen) - height);
      if (Math.max(...calls) === calls.at(-1)) dearest = seen;
    }
    noteCalls(`${name}, the one with the most`, dearest, 1);
    return [
      { name: `${name}: POST to final evidence, median`, value: median(blocks), unit: "blocks" },
      {
        name: `${name}: the slowest of ${moments}`,
        value: Math.max(...blocks),
        unit: "blocks",
        target: atMost(targetBlocks),
      },
      { name: `${name}: RPC calls, median`, value: median(calls), unit: "calls" },
      { name: `${name}: RPC calls, the most`, value: Math.max(...calls), unit: "calls", target: atMost(30) },
    ];
  } finally {
    await system.stop();
  }
}

interface Queue {
  readonly workflows: number;
  readonly wallets: number;
  readonly blockMs: number;
  /** Whether block times are real; only then are figures of time compared with targets. */
  readonly isTimed: boolean;
}

/** Many workflows at once, as chains. */
async function queue(name: string, { workflows, wallets, blockMs, isTimed }: Queue): Promise<Figure[]> {
  const environment = { NEAR_POLL_INTERVAL_MS: String(blockMs), EXECUTE_WAIT_SECS: "1" };
  const system = await BenchSystem.start(blockMs, environment);
  try {
    await system.fundOperator();
    const ids = Array.from({ length: wallets }, (_, index) => `bench-${index + 1}`);
    for (const id of ids) await system.fund(id);
    await pause(10 * blockMs);
    const idleBefore = (await system.usage()).cpuMs;
    await pause(idleBlocks * blockMs);
    const before = await system.rpcCalls();
    const begin = await system.head();
    const cpuBefore = (await system.usage()).cpuMs;
    const idlePerSecond = (cpuBefore - idleBefore) / ((idleBlocks * blockMs) / 1000);
    const records = await allSucceed(system, workflows, ids);
    const heights = (await system.head()) - begin;
    const seen = callsBetween(before, await system.rpcCalls());
    const used = await system.usage();
    noteCalls(name, seen, workflows);
    const starts = records.map(({ dispatch_block_heights: [first] }) => first as number).sort((a, b) => a - b);
    const took = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
    const perBlock = (chain.calls * (workflows - 1)) / took;
    const share = (100 * perBlock) / (chain.calls / chain.blocks);
    const perWorkflow = (totalOf(seen) - heights) / workflows;
    const at = `${name} (${blockMs} ms blocks)`;
    return [
      { name: `${at}: of 3 calls in 7 blocks`, value: share, unit: "%", ...(isTimed ? { target: atLeast(90) } : {}) },
      {
        name: `${at}: RPC calls a workflow`,
        value: perWorkflow,
        unit: "calls",
        ...(workflows === 100 ? { target: atMost(18) } : {}),
      },
      { name: `${at}: processor time a workflow`, value: (used.cpuMs - cpuBefore) / workflows, unit: "ms" },
      { name: `${at}: of the process before the first, a second`, value: idlePerSecond, unit: "ms" },
      {
        name: `${at}: versions of a record, on average`,
        value: mean(records.map(({ version }) => version)),
        unit: "versions",
      },
      { name: `${at}: peak heap of the product`, value: used.peakHeapBytes / 2 ** 20, unit: "MB" },
      { name: `${at}: peak memory of the product`, value: used.peakRssBytes / 2 ** 20, unit: "MB" },
    ];
  } finally {
    await system.stop();
  }
}

/** Many more workflows than can be under way, with each service in a process of its own: their cost for the broadcaster. */
async function backlog(name: string, { workflows, wallets, blockMs }: Omit<Queue, "isTimed">): Promise<Figure[]> {
  const ids = Array.from({ length: wallets }, (_, index) => `bench-${index + 1}`);
  await using system = await SoakSystem.start(blockMs, ids, true, () => {});
  await pause(10 * blockMs);
  const before = await system.rpcCalls();
  const begin = await system.head();
  await allSucceed(system, workflows, ids);
  const heights = (await system.head()) - begin;
  const seen = callsBetween(before, await system.rpcCalls());
  noteCalls(name, seen, workflows);
  const { heapBytes } = await system.usage("broadcaster");
  const at = `${name} (${blockMs} ms blocks)`;
  return [
    { name: `${at}: all succeeded after`, value: heights, unit: "blocks" },
    { name: `${at}: RPC calls a workflow`, value: (totalOf(seen) - heights) / workflows, unit: "calls" },
    {
      name: `${at}: peak memory of the broadcaster`,
      value: system.peakRssBytes("broadcaster") / 2 ** 20,
      unit: "MB",
      target: { kind: "below", value: 350 },
    },
    { name: `${at}: its heap afterwards`, value: heapBytes / 2 ** 20, unit: "MB" },
    { name: `${at}: peak memory of evidence`, value: system.peakRssBytes("evidence") / 2 ** 20, unit: "MB" },
  ];
}

/** Starts workflows, the wallets in turn. @returns their records, once all have succeeded */
async function allSucceed(system: Pick<BenchSystem, "rest">, workflows: number, walletIds: readonly string[]) {
  const begun: { walletId: string; requestId: string }[] = [];
  const wanted = Array.from({ length: workflows }, (_, index) => walletIds[index % walletIds.length] ?? "");
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let walletId = wanted.pop(); walletId !== undefined; walletId = wanted.pop()) {
        begun.push({ walletId, requestId: await system.rest(walletId).begin(workflowSteps()) });
      }
    }),
  );
  const records = [];
  for (const { walletId, requestId } of begun) records.push(await succeeded(system, walletId, requestId));
  return records;
}

/** Many workflows at once, step by step: from the first request to the last final result. */
async function stepwise(name: string, workflows: number, targetBlocks: number): Promise<Figure[]> {
  const system = await BenchSystem.start(chainBlockMs, { NEAR_POLL_INTERVAL_MS: String(chainBlockMs) });
  try {
    await system.fundOperator();
    const wallets = Array.from({ length: 10 }, (_, index) => `bench-${index + 1}`);
    for (const id of wallets) await system.fund(id);
    await pause(10 * chainBlockMs);
    const before = await system.rpcCalls();
    const begin = await system.head();
    const begun = await Promise.all(
      Array.from({ length: workflows }, async (_, index) => {
        const walletId = wallets[index % wallets.length] ?? "";
        const wish = { on_failure: "halt" };
        return { walletId, requestId: await system.rest(walletId).begin(workflowSteps(), undefined, wish) };
      }),
    );
    const allThere = (await system.head()) - begin;
    const records = [];
    for (const { walletId, requestId } of begun) records.push(await succeeded(system, walletId, requestId));
    const seen = callsBetween(before, await system.rpcCalls());
    const heights = (await system.head()) - begin;
    noteCalls(name, seen, workflows);
    const dispatched = Math.max(...records.flatMap(({ dispatch_block_heights: all }) => all as number[])) - begin;
    return [
      { name: `${name}: first POST to the last answer of one`, value: allThere, unit: "blocks" },
      { name: `${name}: first POST to the last dispatch`, value: dispatched, unit: "blocks" },
      { name: `${name}: first POST to all final`, value: heights, unit: "blocks", target: atMost(targetBlocks) },
      { name: `${name}: RPC calls a workflow`, value: (totalOf(seen) - heights) / workflows, unit: "calls" },
    ];
  } finally {
    await system.stop();
  }
}

/** Six shards on which about a tenth of what runs comes late. */
const unkind: Conditions = { shards: 6, weather: { missed_chunk: 0.01, late_hop: 0.03, late_transaction: 0.03 } };

const benches: Readonly<Record<string, () => Promise<Figure[]>>> = {
  lone: () => lone("lone, polled once a block", chainBlockMs, 16),
  "lone-default": () => lone("lone, default interval", 750, 18),
  "queue-10": () => queue("10 queued", { workflows: 10, wallets: 3, blockMs: chainBlockMs, isTimed: true }),
  "queue-100": () => queue("100 queued", { workflows: 100, wallets: 10, blockMs: chainBlockMs, isTimed: true }),
  "stepwise-100": () => stepwise("100 step by step", 100, 60),
  "queue-1000": () => queue("1000 queued", { workflows: 1000, wallets: 10, blockMs: 75, isTimed: false }),
  chains: () => chainsOf("one shard", { target: 95 }),
  "chains-slow": () => chainsOf("answers 200 ms late", { answersLateMs: 200, target: 95 }),
  "chains-shards": () => chainsOf("6 shards", { ...unkind, weather: {} }),
  "chains-late": () => chainsOf("6 shards, late", unkind),
  "chains-ahead": () => chainsOf("chunks made ahead", { chunksAhead: true }),
  "queue-2000": () => backlog("2000 queued", { workflows: 2000, wallets: 10, blockMs: 75 }),
};

function workflowSteps(): readonly unknown[] {
  return Array.from({ length: chain.calls }, () => dust);
}

/** @returns the record @throws Error when it ended otherwise */
async function succeeded(system: Pick<BenchSystem, "rest">, walletId: string, requestId: string) {
  const rest = system.rest(walletId);
  for (;;) {
    const { status, body: record } = await asked(() => rest.get(`/workflows/${requestId}?wait=10`));
    if (status >= 400 && record.status === undefined) throw new Error(`HTTP ${status}: ${JSON.stringify(record)}`);
    if (record.status === "succeeded") return record;
    if (record.retry_after_ms === null) throw new Error(`${record.status}: ${record.user_visible_error}`);
  }
}

function noteCalls(name: string, counts: CallCounts, workflows: number): void {
  const rows = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  lines.push(name, ...rows.map(([kind, count]) => `  ${(count / workflows).toFixed(2).padStart(8)}  ${kind}`));
}

function atMost(value: number) {
  return { kind: "at most", value } as const;
}

function atLeast(value: number) {
  return { kind: "at least", value } as const;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Undefined for options that are not such. */
function readOptions(): { readonly names: readonly string[]; readonly calls: boolean } | undefined {
  try {
    const { values } = parseArgs({ options: { only: { type: "string" }, calls: { type: "boolean" } } });
    const names = values.only?.split(",") ?? Object.keys(benches);
    if (names.some((name) => benches[name] === undefined)) throw new RangeError("no such bench");
    return { names, calls: values.calls === true };
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
for (const name of options.names) {
  process.stderr.write(`${name} ...\n`);
  figures.push(...((await benches[name]?.()) ?? []));
}
if (options.calls)
  process.stdout.write(
    `RPC calls a workflow, by kind, the follower's one block a height among them\n${lines.join("\n")}\n\n`,
  );
process.stdout.write(`${tableOf(figures)}\n`);
process.exit(figures.every(holds) ? 0 : 1);
