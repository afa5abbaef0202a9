import type { BlockTime } from "../../chain/block-producer.ts";
import type { Chain } from "../../chain/chain.ts";
import type { Weather } from "../../chain/weather.ts";
import { integerOf } from "../control-body.ts";
import { ControlError } from "../control-error.ts";
import type { Controls } from "../controls.ts";
import type { Route, RouteRequest } from "../route.ts";

/** Chances of the weather, by their names in a body. */
const chances = {
  missed_chunk: "missedChunk",
  late_hop: "lateHop",
  late_transaction: "lateTransaction",
  congestion: "congestion",
  invalid_outcome: "invalidOutcome",
} as const satisfies Readonly<Record<string, keyof Weather>>;

/** Blocks, time, forks, and the dump. */
export function blockRoutes(controls: Controls, chain: Chain): readonly Route[] {
  const { blocks, clock } = controls;
  const state = () => stateOf(controls, chain);
  return [
    { method: "GET", path: "/", run: state },
    {
      method: "POST",
      path: "/mine",
      run({ body }) {
        blocks.mine({
          blocks: body.numberOr("blocks", 1),
          stepMs: body.numberOr("step_ms", 0),
          missedChunk: body.flagOr("missed_chunk", false),
          skipHeights: body.numberOr("skip_heights", 0),
        });
        return state();
      },
    },
    {
      method: "POST",
      path: "/block-time",
      run({ body }) {
        blocks.setBlockTime(body.any("ms") as BlockTime);
        return state();
      },
    },
    { method: "POST", path: "/stop", run: () => then(() => blocks.stop(), state) },
    { method: "POST", path: "/go", run: () => then(() => blocks.go(), state) },
    { method: "GET", path: "/clock", run: () => ({ ms: clock.now() }) },
    {
      method: "POST",
      path: "/clock",
      run({ body }) {
        if (body.has("ms")) clock.set(body.number("ms"));
        if (body.has("advance_ms")) clock.advance(body.number("advance_ms"));
        return { ms: clock.now() };
      },
    },
    { method: "POST", path: "/fork", run: (request) => then(() => fork(controls, request), state) },
    {
      method: "POST",
      path: "/settle",
      run: ({ body }) => then(() => blocks.settle(body.oneOf("winner", "old", "new")), state),
    },
    {
      method: "POST",
      path: "/rules",
      run({ body }) {
        if (body.has("timeout_wins")) blocks.changeRules({ timeoutWins: body.flag("timeout_wins") });
        if (body.has("chunks_ahead")) blocks.changeRules({ chunksAhead: body.flag("chunks_ahead") });
        return state();
      },
    },
    {
      method: "POST",
      path: "/weather",
      run({ body }) {
        const given = Object.entries(chances).filter(([name]) => body.has(name));
        blocks.setWeather(Object.fromEntries(given.map(([name, chance]) => [chance, body.number(name)])));
        return state();
      },
    },
    { method: "GET", path: "/dump", run: ({ query }) => controls.dump(fromHeight(query)) },
  ];
}

function fork({ blocks }: Controls, { body }: RouteRequest): void {
  blocks.fork({
    depth: body.numberOr("depth", 1),
    blocks: body.numberOr("blocks", 1),
    heights: body.has("heights") ? body.oneOf("heights", "above", "same") : "above",
    transactions: body.has("transactions") ? body.oneOf("transactions", "return", "drop") : "return",
  });
}

function stateOf({ blocks, clock, rpc, keystore }: Controls, chain: Chain): unknown {
  const { head } = chain;
  const final = chain.view().final();
  return {
    chain_id: chain.chainId,
    head: { height: head.height, hash: head.hash },
    final: { height: final.height, hash: final.hash },
    forked: chain.isForked,
    pool: chain.pool.size,
    block_time: blocks.blockTime,
    stopped: blocks.isStopped,
    clock_ms: clock.now(),
    rules: { timeout_wins: chain.rules.timeoutWins, chunks_ahead: chain.rules.chunksAhead },
    shards: chain.layout.count,
    weather: Object.fromEntries(Object.entries(chances).map(([name, chance]) => [name, chain.rules.weather[chance]])),
    rpc: { away: rpc.isAway, query_errors: rpc.queryErrors },
    keystore: { readiness: keystore.readiness, delay_ms: keystore.delayMs, away: keystore.isAway },
  };
}

function fromHeight(query: URLSearchParams): bigint {
  const given = query.get("from") ?? "0";
  const height = integerOf(given);
  if (height === undefined) throw new ControlError("from must be a height");
  return height;
}

function then<T>(work: () => void, answer: () => T): T {
  work();
  return answer();
}
