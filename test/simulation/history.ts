import { Code, ConnectError } from "@connectrpc/connect";
import { recordJson } from "@outlayer/workflow";
import { checkRun } from "../checker/check.ts";
import type { Violation } from "../checker/violation.ts";
import type { RecordJson, WorkflowEvidence } from "../checker/workflow.ts";
import { Chaos, type Interruptions } from "./chaos.ts";
import { climateOf } from "./climate.ts";
import { Dice } from "./dice.ts";
import { type Order, ordersOf } from "./load.ts";
import { ownPayloadsOf } from "./own-payloads.ts";
import { userCallsOf } from "./user-calls.ts";
import { World } from "./world.ts";

export interface HistoryResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly workflows: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly blocks: number;
  readonly interruptions: Interruptions;
  /** Partitions that were handed over, though nobody stopped. */
  readonly handOvers: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Events of the workflows that a violation concerns, as `<time> <event>`. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
  readonly traceHash: string;
  readonly trace: readonly string[];
}

/** As mainnet. */
const blockTimeMs = 600;
/** Blocks that every history has at least. */
const leastBlocks = 500;
/** Blocks after which whatever is not done never will be. */
const mostBlocks = 3_000;

/** Of so many histories there is one in which signatures soon grow old, and signing and sending may take long. */
const hurried = 4;

/** Of so many histories there is one with several gates, so many; some of these are hurried as well. */
const severalEvery = 5;
const several = 3;

/** Runs one history to its end and has it judged. The same seed gives the same history, line by line. */
export async function runHistory(seed: number): Promise<HistoryResult> {
  const name = `history ${seed}`;
  const dice = new Dice(name);
  const isHurried = seed % hurried === 0;
  const relayerKeys = dice.between(1, 3);
  const world = await World.start(name, {
    blockTimeMs,
    broadcasters: 3,
    gates: seed % severalEvery === 4 ? several : 1,
    climate: climateOf(new Dice(`${name} climate`)),
    keys: { relayer: isHurried ? 1 : relayerKeys, approver: dice.between(1, 2) },
    environment: {
      NEAR_POLL_INTERVAL_MS: dice.pick(["750", "1500"]),
      INTENTS_DEADLINE_SECS: dice.pick(["120", "300"]),
      LEASE_SECS: dice.pick(["6", "15"]),
      QUEUE_TIMEOUT_SECS: dice.pick(["60", "600"]),
      ...(isHurried ? { DELEGATE_VALIDITY_BLOCKS: "60" } : {}),
      SETTLE_BY_CANCEL: dice.pick(["true", "true", "false"]),
      GATE_CHAIN_RECEIVERS: "register.near,hostile.near",
      GATE_OVERFLOW_BLOCKS: dice.pick(["0", "8", "40"]),
    },
  });
  try {
    // Before anything goes wrong: the other side of a swap is nobody's concern here.
    const withinMs = 250 * blockTimeMs;
    const workflows = await world.scheduler.finish(ordersOf(dice, world, dice.between(20, 30), withinMs));
    const userCalls = await world.scheduler.finish(userCallsOf(world, new Dice(`${name} user calls`), withinMs));
    const own = ownPayloadsOf(world, new Dice(`${name} own payloads`), seed, withinMs);
    const orders = [...workflows, ...userCalls, ...own.orders];
    const chaos = new Chaos(world, new Dice(`${name} chaos`), {
      blockTimeMs,
      untilMs: 300 * blockTimeMs,
      slowSigning: isHurried ? new Dice(`${name} slow signing`) : undefined,
    });
    chaos.begin();
    for (const { atMs, args } of own.carried) world.scheduler.after(atMs, () => chaos.carry(args));
    const begin = world.height;
    const posted = await world.scheduler.finish(Promise.all(orders.map((order) => post(world, order))));
    const blocks = () => world.height - begin;
    while (blocks() < leastBlocks || (blocks() < mostBlocks && !(await world.isAllDone()))) {
      await world.scheduler.finish(world.sleep(10 * blockTimeMs));
    }
    const evidence = await Promise.all(posted.map((one) => evidenceOf(world, one)));
    const { devnet } = world;
    const violations = [
      ...world.errors.map((sentence) => ({ kind: "error_logged", sentence })),
      ...world.fencing.violations,
      ...checkRun({
        dump: devnet.controls.dump(),
        gateIds: world.gateIds,
        verifierId: devnet.verifierId,
        operatorKeys: world.operatorKeys,
        posted: posted.map(({ order: { walletId, key }, ...one }) => ({ walletId, key, ...one })),
        workflows: evidence,
        released: world.fencing.released,
        attempts: world.attempts,
      }),
    ];
    const statuses: Record<string, number> = {};
    for (const { record } of evidence) {
      const name = record.error_code === null ? record.status : `${record.status} (${record.error_code})`;
      statuses[name] = (statuses[name] ?? 0) + 1;
    }
    return {
      seed,
      violations,
      workflows: evidence.length,
      statuses,
      blocks: world.height - begin,
      interruptions: chaos.interruptions,
      handOvers: world.handOvers,
      faults: world.tally.faults,
      logs: logsOf(evidence, violations),
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
  /** When the cancel was answered, milliseconds since the epoch. */
  readonly cancelledAtMs: number | undefined;
}

async function evidenceOf(world: World, { order, requestId }: Posted): Promise<WorkflowEvidence> {
  const records = world.records(order.walletId);
  const [{ entries }, record] = await Promise.all([records.history(requestId), records.record(requestId)]);
  return {
    requestId,
    entries: entries.map(({ version, entryJson, hash, disclosedJson }) => ({
      version: Number(version),
      entryJson,
      hash,
      disclosedJson,
    })),
    record: recordJson(record) as unknown as RecordJson,
  };
}

function logsOf(
  workflows: readonly WorkflowEvidence[],
  violations: readonly Violation[],
): Readonly<Record<string, readonly string[]>> {
  const concerned = workflows.filter(({ requestId }) => violations.some((one) => one.requestId === requestId));
  return Object.fromEntries(
    concerned.map(({ requestId, entries }) => [
      requestId,
      entries.map(({ entryJson }) => {
        const { at, event } = JSON.parse(entryJson);
        return `${at} ${JSON.stringify(event).slice(0, 400)}`;
      }),
    ]),
  );
}

/** Posts until there is an answer, under the same key each time; and cancels, where it is to be cancelled. */
async function post(world: World, order: Order): Promise<Posted> {
  const { walletId, endpoint, json, atMs, isDoubled, cancelledAfterMs } = order;
  const planner = world.planner(walletId);
  const ask = { workflow: planner.execute, batch: planner.executeBatch, user_call: planner.executeUserCall };
  const execute = () => ask[endpoint](json);
  await world.sleep(atMs);
  if (isDoubled) void attempt(world, execute);
  const requestId = await insist(world, execute);
  if (cancelledAfterMs === undefined) return { order, requestId, cancelledAtMs: undefined };
  await world.sleep(cancelledAfterMs);
  await insist(world, () => planner.cancel(requestId));
  return { order, requestId, cancelledAtMs: world.nowMs };
}

type Asked = () => Promise<{ readonly record?: { readonly requestId: string } | undefined }>;

async function insist(world: World, ask: Asked): Promise<string> {
  for (;;) {
    const requestId = await attempt(world, ask);
    if (requestId !== undefined) return requestId;
    await world.sleep(1_000);
  }
}

/** The request id; undefined where nothing answers. */
async function attempt(world: World, ask: Asked): Promise<string | undefined> {
  try {
    return (await ask()).record?.requestId;
  } catch (error) {
    const { code } = ConnectError.from(error);
    if (code === Code.Unavailable || code === Code.DeadlineExceeded) return undefined;
    throw new Error(`a request was refused: ${world.errors.join()}`, { cause: error });
  }
}
