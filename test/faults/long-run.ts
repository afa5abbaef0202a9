import type { DevnetOptions } from "@outlayer/devnet";
import type { Violation } from "../checker/violation.ts";
import { Dice } from "../simulation/dice.ts";
import { knownCalls } from "./boundaries.ts";
import { type Play, type Played, playOut } from "./plays.ts";
import type { Servers } from "./servers.ts";
import { moments } from "./toll.ts";
import type { Trap } from "./traps.ts";
import { fork, nodeRestart, stall, underWay } from "./troubles/chain.ts";
import { endpointTrouble } from "./troubles/endpoints.ts";
import { keystoreAway, keystoreNotReady } from "./troubles/keystore.ts";
import { anyCallTrouble } from "./troubles/rpc.ts";
import { serverKilled } from "./troubles/servers.ts";
import type { Trouble } from "./troubles/trouble.ts";
import { shapes, userCall } from "./workflows.ts";
import { World } from "./world.ts";

/** What a run came to. */
export interface RunResult {
  readonly seed: number;
  /** Where evidence was, whether there was NATS, and how many gates. */
  readonly on: string;
  readonly kills: number;
  readonly played: readonly Played[];
  readonly violations: readonly Violation[];
}

interface Setting {
  readonly servers: Servers;
  readonly dice: Dice;
  readonly usesMongodb: boolean;
  readonly usesNats: boolean;
}

/**
 * One world, and some plays in it one after the other, all by a seed. What is chosen is the same each time; when it happens is not.
 * @param mutant a bug of `test/simulation/mutants.ts` that the broadcaster has
 */
export async function longRun(seed: number, servers: Servers, mutant: string | undefined): Promise<RunResult> {
  const dice = new Dice(`faults ${seed}`);
  const [mongodb, nats] = [
    dice.chance(0.6) ? servers.mongodb : undefined,
    dice.chance(0.75) ? servers.nats : undefined,
  ];
  const setting = { servers, dice, usesMongodb: mongodb !== undefined, usesNats: nats !== undefined };
  const blockTimeMs = dice.pick([60, 100, 150]);
  const plays = Array.from({ length: dice.between(3, 6) }, () => anyPlay(setting));
  const { gates, broadcasters } = anyScale(new Dice(`faults ${seed} scale`));
  const stores = `${mongodb === undefined ? "SQLite" : "MongoDB"}${nats === undefined ? "" : " and NATS"}`;
  const on = gates === 1 ? stores : `${stores}, ${gates} gates and ${broadcasters} broadcasters`;
  const world = await World.start({
    blockTimeMs,
    mutant,
    hasTwoEndpoints: true,
    gates,
    broadcasters,
    climate: anyClimate(new Dice(`faults ${seed} climate`)),
    environment: {
      // What cannot be cancelled, since the keystore is away, is waited for.
      INTENTS_DEADLINE_SECS: "60",
      ...(mongodb === undefined ? {} : { DATABASE_URL: databaseOf(mongodb.url, seed) }),
      ...(nats === undefined ? {} : { NATS_URL: nats.url }),
    },
  });
  const played: Played[] = [];
  const violations: Violation[] = [];
  try {
    for (const play of plays) played.push(await playOut(world, play));
  } catch (error) {
    violations.push({ kind: "unended", sentence: error instanceof Error ? error.message : String(error) });
  }
  try {
    violations.push(...(await world.check()));
  } finally {
    await world.stop();
    await Promise.all([mongodb?.start(), nats?.start()]);
  }
  return { seed, on, kills: world.kills, played, violations };
}

function anyPlay(setting: Setting): Play {
  const { dice } = setting;
  const some = <T>(least: number, most: number, make: () => T): readonly T[] =>
    Array.from({ length: dice.between(least, most) }, make);
  return {
    shapes: some(1, 3, () => dice.pick([...shapes, userCall])),
    traps: some(1, 4, () => anyTrap(dice)),
    troubles: some(0, 2, () => anyTrouble(setting)),
  };
}

function anyTrap(dice: Dice): Trap {
  // Few calls come twice in the life of one process.
  return { call: dice.pick(knownCalls), occurrence: dice.chance(0.8) ? 1 : 2, moment: dice.pick(moments) };
}

function anyTrouble({ dice, servers, usesMongodb, usesNats }: Setting): Trouble {
  const status = dice.pick(underWay);
  const ms = dice.between(300, 3_000);
  const { mongodb, nats } = servers;
  const choices: (() => Trouble)[] = [
    () => anyCallTrouble(dice),
    () => endpointTrouble(status, dice),
    () => endpointTrouble(status, dice),
    () => stall(status),
    () => nodeRestart(status),
    () => fork(status, { transactions: dice.pick(["return", "drop"]), winner: dice.pick(["old", "new"]) }),
    () => keystoreAway(ms),
    () => keystoreNotReady(ms),
    // Where it is not used it would trouble nobody; the choice is made all the same.
    () => (usesMongodb && mongodb !== undefined ? serverKilled("MongoDB", mongodb, status, ms) : nodeRestart(status)),
    () => (usesNats && nats !== undefined ? serverKilled("NATS", nats, status, ms) : stall(status)),
  ];
  return dice.pick(choices)();
}

/** Every other run has several gates, and several broadcasters that share them. */
function anyScale(dice: Dice): { readonly gates: number; readonly broadcasters: number } {
  return dice.chance(0.5) ? { gates: 1, broadcasters: 1 } : { gates: 3, broadcasters: dice.pick([2, 3]) };
}

/** Blocks are many times faster than NEAR's and kills are not, so little may be late without making yields too old. */
function anyClimate(dice: Dice): Required<Pick<DevnetOptions, "shards" | "weather">> {
  const chance = () => 0.03 * dice.fraction();
  const weather = { missedChunk: chance(), lateHop: chance(), lateTransaction: chance(), invalidOutcome: 1 };
  return { shards: dice.pick([1, 4, 6]), weather };
}

/** A database that no other run uses. */
function databaseOf(serverUrl: string, seed: number): string {
  const url = new URL(serverUrl);
  url.pathname = `/faults-${seed}`;
  return url.href;
}
