import { jittered, sleep } from "@outlayer/kit";
import type { Collection, Filter, OptionalUnlessRequiredId } from "mongodb";
import { linearizable } from "./client.ts";
import type { Database } from "./database.ts";
import { NotSent } from "./errors.ts";

/** Attempts for an insertion that failed and left no document. */
const attempts = 7;
/** The first pause between two attempts, milliseconds; it doubles each time. */
const pauseMs = 20;
/** Time limits of an insertion, and of all attempts with reading back, milliseconds: evidence's callers wait 5 s. */
const insertMs = 3_000;
const allMs = 4_500;

/** Fields by which a writer recognizes its own document among equal ones. */
export interface OwnDocument {
  readonly _id: string;
  readonly write_id: string;
}

export type Inserted<T> = { readonly won: true } | { readonly won: false; readonly winner: T };

/**
 * Inserts a document that a unique index lets one writer insert. Errors do not tell who won: a write that the driver repeated
 * can collide with itself, a deadlock names no winner, an answer can be lost. So after any error the winner is read back.
 * @param places filters, each for a document that would collide with this one; the first with a hit names the winner
 * @param insert makes the first attempt, perhaps with other documents. Later ones go alone, so that one that fails fails no others
 * @throws Refusal `Unavailable` when the winner could not be found out; the document may have been inserted
 */
export async function insertOnce<T extends OwnDocument>(
  database: Database,
  collection: Collection<T>,
  document: OptionalUnlessRequiredId<T>,
  places: readonly Filter<T>[],
  insert?: (document: OptionalUnlessRequiredId<T>) => Promise<void>,
): Promise<Inserted<T>> {
  const { clock, random, timers } = database.ports;
  const endsMs = clock.now() + allMs;
  const left = () => endsMs - clock.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (attempt === 1 && insert !== undefined) await insert(document);
      else await database.answered(() => collection.insertOne(document), Math.min(insertMs, left()));
      return { won: true };
    } catch (error) {
      // Never sent: reading back would only lengthen the queue.
      if (attempt === 1 && error instanceof NotSent) throw error;
      for (const place of places) {
        const found = await database.answered(() => collection.findOne(place, linearizable), left());
        if (found === null) continue;
        const ours = found.write_id === document.write_id;
        return ours ? { won: true } : { won: false, winner: found as unknown as T };
      }
      // The same document again: should the first insertion land after all, this one collides with it.
      if (attempt === attempts) throw error;
      // Writers that came into each other's way come apart: after equal pauses they would meet again.
      await sleep(timers, jittered(pauseMs * 2 ** (attempt - 1), random));
    }
  }
}
