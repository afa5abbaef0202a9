import { sleep } from "@outlayer/kit";
import type { Collection, Filter, OptionalUnlessRequiredId } from "mongodb";
import { linearizable } from "./client.ts";
import type { Database } from "./database.ts";
import { NotSent } from "./errors.ts";

/** How often a write is made that failed and left nothing behind, and how long it waits before the next; milliseconds. */
const attempts = 5;
const pauseMs = 20;
/** How long an insertion may take, and all of it with reading back, milliseconds: callers of evidence wait 5 s. */
const insertMs = 3_000;
const allMs = 4_500;

/** By which a writer knows its own document, however alike another's may be. */
export interface Written {
  readonly _id: string;
  readonly write_id: string;
}

export type Inserted<T> = { readonly won: true } | { readonly won: false; readonly winner: T };

/**
 * Inserts a document that only one writer can, by a unique index. What an error says about who won is not believed: a
 * write that the driver repeated can meet itself, a deadlock names nobody, an answer can be lost. So whatever the error,
 * who won is read back.
 * @param places each fits the one document, ours or another's, that can have a key of this one; in order of what is told
 * @throws Refusal `Unavailable` when it could not be found out; the document may be there then
 */
export async function insertOnce<T extends Written>(
  database: Database,
  collection: Collection<T>,
  document: OptionalUnlessRequiredId<T>,
  places: readonly Filter<T>[],
): Promise<Inserted<T>> {
  const { clock, timers } = database.ports;
  const endsMs = clock.now() + allMs;
  const left = () => endsMs - clock.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await database.answered(() => collection.insertOne(document), Math.min(insertMs, left()));
      return { won: true };
    } catch (error) {
      // To read back would take the time of those that wait as well.
      if (attempt === 1 && error instanceof NotSent) throw error;
      for (const place of places) {
        const found = await database.answered(() => collection.findOne(place, linearizable), left());
        if (found === null) continue;
        const ours = found.write_id === document.write_id;
        return ours ? { won: true } : { won: false, winner: found as unknown as T };
      }
      // The same document again: should the first one land after all, this one meets it.
      if (attempt === attempts) throw error;
      await sleep(timers, pauseMs);
    }
  }
}
