import { Code, ConnectError } from "@connectrpc/connect";
import type { Record as RecordMessage } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { recordJson } from "@outlayer/workflow";
import { Chaos, type Interruptions } from "./chaos.ts";
import { Dice } from "./dice.ts";
import { type Order, ordersOf } from "./load.ts";
import { World } from "./world.ts";

export interface HistoryResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly workflows: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly blocks: number;
  readonly interruptions: Interruptions;
  readonly faults: Readonly<Record<string, number>>;
  readonly traceHash: string;
  readonly trace: readonly string[];
}

/** Blocks that every history has at least. */
const leastBlocks = 500;
/** Blocks after which whatever is not done never will be. */
const mostBlocks = 3_000;

/** Runs one history to its end and has it judged. The same seed gives the same history, line by line. */
export async function runHistory(seed: number): Promise<HistoryResult> {
  const name = `history ${seed}`;
  const dice = new Dice(name);
  const blockTimeMs = dice.pick([600, 1_000]);
  const world = await World.start(name, {
    blockTimeMs,
    broadcasters: 1,
    environment: {
      NEAR_POLL_INTERVAL_MS: dice.pick(["400", "750"]),
      INTENTS_DEADLINE_SECS: dice.pick(["120", "300"]),
      QUEUE_TIMEOUT_SECS: dice.pick(["60", "600"]),
    },
  });
  try {
    const chaos = new Chaos(world, new Dice(`${name} chaos`), { blockTimeMs, untilMs: 300 * blockTimeMs });
    chaos.begin();
    const orders = ordersOf(dice, dice.between(20, 30), 250 * blockTimeMs);
    const begin = world.height;
    const posted = await world.scheduler.finish(Promise.all(orders.map((order) => post(world, order))));
    const blocks = () => world.height - begin;
    while (blocks() < leastBlocks || (blocks() < mostBlocks && !(await world.isAllDone()))) {
      await world.scheduler.finish(world.sleep(10 * blockTimeMs));
    }
    const records: readonly RecordMessage[] = await Promise.all(
      posted.map(({ order, requestId }) => world.records(order.walletId).record(requestId)),
    );
    const violations = [...world.errors.map((text) => `error_logged ${text}`)];
    for (const record of records) {
      if (record.retryAfterMs !== undefined) violations.push(`unended ${JSON.stringify(recordJson(record))}`);
    }
    const statuses: Record<string, number> = {};
    for (const { status, errorCode } of records) {
      const name = errorCode === undefined ? status : `${status} (${errorCode})`;
      statuses[name] = (statuses[name] ?? 0) + 1;
    }
    return {
      seed,
      violations,
      workflows: records.length,
      statuses,
      blocks: world.height - begin,
      interruptions: chaos.interruptions,
      faults: world.tally.faults,
      traceHash: world.trace.hash,
      trace: world.trace.lines,
    };
  } finally {
    await world.close();
  }
}

interface Posted {
  readonly order: Order;
  readonly requestId: string;
}

/** Posts until there is an answer, under the same key each time. */
async function post(world: World, order: Order): Promise<Posted> {
  await world.sleep(order.atMs);
  if (order.isDoubled) void tryPost(world, order);
  for (;;) {
    const requestId = await tryPost(world, order);
    if (requestId !== undefined) return { order, requestId };
    await world.sleep(1_000);
  }
}

async function tryPost(world: World, { walletId, endpoint, json }: Order): Promise<string | undefined> {
  const planner = world.planner(walletId);
  try {
    const { record } = await (endpoint === "batch" ? planner.executeBatch(json) : planner.execute(json));
    return record?.requestId;
  } catch (error) {
    const { code } = ConnectError.from(error);
    if (code === Code.Unavailable || code === Code.DeadlineExceeded) return undefined;
    throw new Error(`${json}: ${world.errors.join()}`, { cause: error });
  }
}
