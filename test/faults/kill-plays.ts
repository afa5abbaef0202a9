import type { Boundary } from "./boundaries.ts";
import type { Moment } from "./toll.ts";
import type { Trap } from "./traps.ts";
import type { Shape } from "./workflows.ts";
import type { World } from "./world.ts";

/** One workflow, and where the broadcasters that drive it are killed, one after the other. */
export interface KillPlay {
  readonly shape: Shape;
  readonly traps: readonly Trap[];
}

/**
 * Writes right before they are made and right after, when nobody knows of them yet; of what was sent, the answers as well. The
 * least that says whether every boundary is safe: to die with the answer to a write is to die before the next one.
 */
export function briefKillPlays(boundaries: readonly Boundary[]): readonly KillPlay[] {
  const answers = boundaries.filter(({ call }) => call.startsWith("status of"));
  return [...boundaries.flatMap(beforeAndDone), ...answers.map((one) => play(one, [trap(one, "after")]))];
}

function beforeAndDone(boundary: Boundary): KillPlay[] {
  if (boundary.isRead) return [];
  const both = [trap(boundary, "before"), trap(boundary, "done")] as const;
  // What came before the second of its kind is not done again: the next process comes by that one first.
  return boundary.occurrence === 1 ? [play(boundary, both)] : both.map((one) => play(boundary, [one]));
}

/** Anything that can be done to a broadcaster at a boundary. */
export function killAt(boundary: Boundary, moment: Moment): KillPlay {
  return play(boundary, [trap(boundary, moment)]);
}

function trap({ call, occurrence }: Boundary, moment: Moment): Trap {
  return { call, occurrence, moment };
}

/** Calls of a start are met by the process that comes after one that was killed in the middle of the workflow. */
const middle: Trap = { call: "append submissionsPrepared", occurrence: 1, moment: "done" };

function play({ shape, isAtStart }: Boundary, traps: readonly Trap[]): KillPlay {
  return { shape, traps: isAtStart ? [middle, ...traps] : traps };
}

/** A workflow has ended before its last calls are answered, milliseconds. */
const lastCallsMs = 500;

/** What came of a play. */
export interface Played {
  readonly play: KillPlay;
  readonly requestId: string;
  readonly status: string;
  readonly outcomes: readonly string[];
  /** Traps that nothing came by. */
  readonly left: readonly Trap[];
  /** Of the record. */
  readonly error: string | null;
}

export async function playKills(world: World, play: KillPlay): Promise<Played> {
  world.lay(play.traps);
  const requestId = await world.begin(play.shape);
  const { status, step_outcomes, user_visible_error: error } = await world.ended(requestId);
  const left = await world.broadcaster.traps.sprung(lastCallsMs);
  const outcomes = step_outcomes.map((step: { outcome: string } | null) => step?.outcome ?? "none");
  return { play, requestId, status, outcomes, left, error };
}
