/**
 * A process that attacks: the load must not be held up by what measures it. Started by `attackers.ts` with the targets as its
 * argument; takes orders and sends reports over IPC.
 */

import { Dice } from "../simulation/dice.ts";
import type { Attack } from "./attack.ts";
import { AttackWorld, SharedByAttacks } from "./attack-world.ts";
import { holds } from "./attacks/holds.ts";
import { attacks } from "./attacks/index.ts";
import { emptyTally, note, type Tally, tallyOf } from "./tally.ts";
import type { Order, Report, Targets } from "./targets.ts";

const targets: Targets = JSON.parse(process.argv[2] ?? "{}");
const firstRound = Number(process.argv[3] ?? 1);
const reportMs = 500;
const holdMs = 60_000;

const tally: Tally = emptyTally();
let carried = 0;
const carries = new Map<number, (error: string | null) => void>();
const shared = new SharedByAttacks(targets, (payloads) => {
  carried += 1;
  const id = carried;
  report({ kind: "carry", id, payloads });
  return new Promise((resolve) => carries.set(id, resolve));
});

process.on("message", (order: Order) => {
  if (order.kind === "honest") shared.honestRequestIds.push(...order.requestIds);
  else if (order.kind === "carried") carries.get(order.id)?.(order.error);
  else void carryOut(order).finally(() => report({ kind: "done" }));
});
// Who started it is gone.
process.on("disconnect", () => process.exit());

async function carryOut(order: Extract<Order, { kind: "attack" | "hold" }>): Promise<void> {
  const reports = setInterval(tell, reportMs);
  try {
    if (order.kind === "hold") await hold(order.name);
    else await Promise.all(order.names.map((name) => attackUntil(attackNamed(name), order.untilMs)));
  } finally {
    clearInterval(reports);
    tell();
  }
}

async function hold(name: string): Promise<void> {
  const found = holds.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no hold ${name}`);
  const world = new AttackWorld("alone", tally, shared, new Dice(name), Date.now() + holdMs);
  tallyOf(tally, "alone").rounds += 1;
  await found.send(world);
}

/**
 * Round after round; the first is made however little time there is. It begins somewhere in the attack's period: strangers do not all
 * come at the same moment.
 */
async function attackUntil(attack: Attack, untilMs: number): Promise<void> {
  const firstAfterMs = new Dice(`${targets.seed} ${attack.name}`).fraction() * attack.everyMs;
  let nextMs = Date.now() + Math.min(firstAfterMs, Math.max(0, untilMs - Date.now()));
  await pauseUntil(nextMs);
  for (let round = firstRound; round === firstRound || Date.now() < untilMs; round += 1) {
    nextMs += attack.everyMs;
    const dice = new Dice(`${targets.seed} ${attack.name} ${round}`);
    // A first round that begins late has its time all the same.
    const endsMs = round === firstRound ? Math.max(untilMs, Date.now() + 20_000) : untilMs;
    const world = new AttackWorld(attack.name, tally, shared, dice, endsMs);
    try {
      await attack.round(world);
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      note(tally, "broken", { attack: attack.name, what: `round ${round}: ${what}` });
    }
    tallyOf(tally, attack.name).rounds += 1;
    await pauseUntil(Math.min(untilMs, nextMs));
  }
}

function attackNamed(name: string): Attack {
  const found = attacks.find((attack) => attack.name === name);
  if (found === undefined) throw new Error(`there is no attack ${name}`);
  return found;
}

/** Sends what is new, and begins anew in place: those at work hold the same object. */
function tell(): void {
  report({ kind: "tally", tally });
  for (const name of Object.keys(tally.attacks)) delete tally.attacks[name];
  for (const walletId of Object.keys(tally.opened)) delete tally.opened[walletId];
  for (const incidents of [tally.failures, tally.letThrough, tally.leaks, tally.broken]) incidents.length = 0;
}

function report(what: Report): void {
  // It writes what it is given at once.
  process.send?.(what);
}

function pauseUntil(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - Date.now())));
}
