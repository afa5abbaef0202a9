import { isDeepStrictEqual } from "node:util";
import { sleep, type Timers } from "@outlayer/kit";
import { type Db, MongoServerError } from "mongodb";
import type { CollectionSpec, IndexSpec } from "../collection.ts";
import { translated } from "../errors.ts";

/** Attempts to create an index that is refused, and the pause between two; milliseconds. */
const attempts = 20;
const pauseMs = 100;

/**
 * Creates missing indexes and checks that all are as declared. Only unique indexes keep two writers apart, so nothing may be
 * written without them. Processes that start together can collide, so a refused creation is tried again.
 * @throws Error naming the first index that is missing or differs
 */
export async function ensureIndexes(db: Db, spec: CollectionSpec, timers: Timers): Promise<void> {
  const collection = db.collection(spec.name);
  for (let attempt = 1; ; attempt += 1) {
    const refused = await collection.createIndexes([...spec.indexes]).then(() => undefined, refusalOnly);
    const found = (await collection.listIndexes().toArray()) as IndexSpec[];
    const [missing] = spec.indexes.filter((declared) => isMissing(declared, found, spec.name));
    if (missing === undefined) return;
    if (attempt === attempts) {
      throw new Error(`index ${missing.name} of ${spec.name} is missing`, { cause: translated(refused) });
    }
    await sleep(timers, pauseMs);
  }
}

function refusalOnly(error: unknown): MongoServerError {
  if (error instanceof MongoServerError) return error;
  throw error;
}

function isMissing(declared: IndexSpec, found: readonly IndexSpec[], collection: string): boolean {
  const index = found.find(({ name }) => name === declared.name);
  if (index === undefined) return true;
  const same =
    isDeepStrictEqual(Object.entries(index.key), Object.entries(declared.key)) &&
    (index.unique ?? false) === (declared.unique ?? false) &&
    isDeepStrictEqual(index.partialFilterExpression, declared.partialFilterExpression) &&
    index.expireAfterSeconds === declared.expireAfterSeconds;
  if (!same) throw new Error(`index ${declared.name} of ${collection} is not what it has to be`);
  return false;
}
