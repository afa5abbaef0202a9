import { setTimeout as sleep } from "node:timers/promises";
import type { Trap } from "./traps.ts";
import type { Trouble } from "./troubles/trouble.ts";
import type { Shape } from "./workflows.ts";
import type { World } from "./world.ts";

/** Some workflows at once, and what befalls the broadcaster and those around it meanwhile. */
export interface Play {
  readonly shapes: readonly Shape[];
  /** Where the broadcasters that drive them are killed, each in its turn. */
  readonly traps: readonly Trap[];
  readonly troubles: readonly Trouble[];
}

/** What came of it. */
export interface Played {
  readonly play: Play;
  readonly ends: readonly End[];
  /** Traps that nothing came by. */
  readonly unsprung: readonly Trap[];
  /** Faults of calls that nobody made. */
  readonly unmet: readonly string[];
}

/** As a record says it. */
export interface End {
  readonly shape: Shape;
  readonly requestId: string;
  readonly status: string;
  readonly outcomes: readonly string[];
  readonly error: string | null;
}

/** A workflow has ended before its last calls are answered, milliseconds. */
const lastCallsMs = 500;

/** Plays it until all workflows have ended and all troubles are over. @throws Error with the record of one that does not end */
export async function playOut(world: World, play: Play): Promise<Played> {
  const { traps } = world;
  const { faults } = world.system.devnet.controls;
  traps.set(play.traps, world.requestIds);
  for (const trouble of play.troubles) trouble.before?.(world);
  const requestIds = await Promise.all(play.shapes.map((shape) => world.begin(shape)));
  const [first = ""] = requestIds;
  const troubles = Promise.all(play.troubles.map((trouble) => trouble.during?.(world, first)));
  const records = await Promise.all(requestIds.map((requestId) => world.ended(requestId)));
  await troubles;
  const unmet = faults.rules.map(({ method, fault }) => `${fault.kind} of ${method}`);
  faults.clear();
  const giveUpAt = Date.now() + lastCallsMs;
  while (traps.left > 0 && Date.now() < giveUpAt) await sleep(10);
  return { play, ends: records.map((record, at) => endOf(record, play.shapes[at])), unsprung: traps.takeUp(), unmet };
}

// biome-ignore lint/suspicious/noExplicitAny: a record as REST answers it
function endOf(record: any, shape: Shape | undefined): End {
  if (shape === undefined) throw new RangeError("a record of nothing that was asked for");
  const { request_id: requestId, status, user_visible_error: error } = record;
  const outcomes = record.step_outcomes.map((step: { outcome: string } | null) => step?.outcome ?? "none");
  return { shape, requestId, status, outcomes, error };
}
