import { type ServiceName, serviceNames } from "@outlayer/kit";
import { Attackers } from "./attackers.ts";
import { holds } from "./attacks/holds.ts";
import { attacks as allAttacks } from "./attacks/index.ts";
import { type Honest, HonestLoad } from "./honest-load.ts";
import { bypassesOn, spentByWallet } from "./measure/chain-facts.ts";
import type { Readings } from "./measure/probes.ts";
import type { Figures } from "./table.ts";
import { maxStallMs } from "./verdict.ts";
import { HostileWorld } from "./world.ts";

export interface RunOptions {
  readonly minutes: number;
  readonly seed: number;
  /** All attacks where nothing is named. */
  readonly only: readonly string[];
  /** Of every attack: another than 1 to play one again. */
  readonly firstRound: number;
  /** Leaves out what is judged by its timing alone: hostile requests that are sent alone. */
  readonly untimed: boolean;
  readonly say: (line: string) => void;
}

/** Processes that attack: one for each processor of a small machine leaves enough to the services. */
const processes = 2;
const warmUpMs = 6_000;
/** How often one request is tried that seems to hold up a loop: what else the machine does is not its fault. */
const triesAlone = 3;

/** A quiet phase, every hostile request alone, then all at once beside the same honest load. */
export async function hostileRun({ minutes, seed, only, firstRound, untimed, say }: RunOptions): Promise<Figures> {
  const attacks = allAttacks.filter(({ name }) => only.length === 0 || only.includes(name));
  const quietMs = Math.max(25_000, (minutes * 60_000) / 6);
  const world = await HostileWorld.start(seed);
  const attackers = new Attackers(world.targets, (payloads) => world.carry(payloads), processes, firstRound);
  const load = new HonestLoad(world.targets.restUrl, (requestId) => attackers.tellOf([requestId]));
  const honest: Honest[] = [];
  const played = async (endsMs: number) => {
    const ended = await load.until(endsMs);
    honest.push(...ended);
    return ended;
  };
  try {
    await played(Date.now() + warmUpMs);
    const memoryBefore = await world.probes.memory();
    say(`quiet for ${Math.round(quietMs / 1000)} s`);
    const quiet = await played(Date.now() + quietMs);
    const quietUsed = usedBetween(memoryBefore, await world.probes.loops());
    const aloneAt = performance.now();
    const stalls = only.length === 0 && !untimed ? await stallsAlone(world, attackers, say) : [];
    const aloneMs = performance.now() - aloneAt;
    say(`hostile for ${minutes} min, seed ${seed}`);
    const before = await world.probes.loops();
    const endsMs = Date.now() + minutes * 60_000;
    const stallsBeside = Object.fromEntries(serviceNames.map((name) => [name, 0]));
    const watching = watchLoops(world, stallsBeside, endsMs);
    const [beside] = await Promise.all([
      played(endsMs),
      attackers.attack(
        attacks.map(({ name }) => name),
        endsMs,
      ),
      watching,
    ]);
    const used = { quiet: quietUsed, beside: usedBetween(before, await world.probes.loops()) };
    say("looking at what is left");
    // What came last has its end too, and what was queued is taken up.
    await played(Date.now() + warmUpMs);
    const memoryAfter = await world.probes.memory();
    attackers.stop();
    const stages = { quiet: await world.stagesOf(quiet), beside: await world.stagesOf(beside) };
    const bypasses = bypassesOn(world.devnet, honest);
    const spent = spentByWallet(world.devnet);
    const measured = { tally: attackers.tally, attacks, ended: [...world.ended], stalls, memoryBefore, memoryAfter };
    const exitCodes = await world.stop();
    return {
      ...measured,
      quiet,
      beside,
      stages,
      used,
      bypasses,
      secretsInLogs: world.secretsInLogs,
      exitCodes,
      spent,
      stallsBeside,
      seconds: { quiet: seconds(quietMs), alone: seconds(aloneMs), hostile: seconds(minutes * 60_000) },
    };
  } catch (error) {
    await world.stop();
    throw error;
  } finally {
    attackers.stop();
    load.close();
  }
}

/** How long each of the hostile requests, sent alone, holds up each loop: the least of its tries. */
async function stallsAlone(
  world: HostileWorld,
  attackers: Attackers,
  say: RunOptions["say"],
): Promise<Figures["stalls"]> {
  say("each hostile request alone");
  const all: Figures["stalls"][number][] = [];
  for (const { name } of holds) {
    const least: Record<string, number> = {};
    const endedBefore = world.ended.length;
    for (let tried = 0; tried < triesAlone; tried += 1) {
      await world.probes.loops("closely");
      await attackers.hold(name);
      const readings: Readings = await world.probes.loops();
      for (const service of serviceNames) {
        // One that does not answer any more has ended: that is told of elsewhere.
        const { stallMs = 0, busyMs = 0 } = readings[service] ?? {};
        // Time in which it had no processor is other processes' doing.
        const ms = Math.min(stallMs, busyMs);
        least[service] = Math.min(least[service] ?? ms, ms);
      }
      // One that ends a process will do so again.
      if (Object.values(least).every((ms) => ms <= maxStallMs) || world.ended.length > endedBefore) break;
    }
    const long = Object.entries(least).filter(([, ms]) => ms > maxStallMs);
    for (const [service, ms] of long) say(`  ${name} holds up ${service} for ${Math.round(ms)} ms`);
    for (const { name: ended } of world.ended.slice(endedBefore)) say(`  ${name} ends ${ended}`);
    all.push(...serviceNames.map((service) => ({ name, service, ms: least[service] ?? 0 })));
  }
  return all;
}

async function watchLoops(world: HostileWorld, longest: Record<string, number>, endsMs: number): Promise<void> {
  while (Date.now() < endsMs) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, Math.max(0, endsMs - Date.now()))));
    const readings = await world.probes.loops();
    for (const name of serviceNames) longest[name] = Math.max(longest[name] ?? 0, readings[name]?.stallMs ?? 0);
  }
}

/** Processor time that each service used between two readings, milliseconds; not a number where its process is another one. */
function usedBetween(before: Readings, after: Readings): Figures["used"]["quiet"] {
  const used = (name: ServiceName) => {
    const [from, to] = [before[name], after[name]];
    return from === undefined || to === undefined || from.pid !== to.pid ? Number.NaN : to.usedMs - from.usedMs;
  };
  return Object.fromEntries(serviceNames.map((name) => [name, used(name)]));
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
