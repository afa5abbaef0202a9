import { type Db, MongoServerError } from "mongodb";
import type { CollectionSpec } from "../collection.ts";

const namespaceExists = 48;

/** Creates a collection if it is missing, and sets its validator. */
export async function applyCollection(db: Db, { name, schema }: CollectionSpec): Promise<void> {
  try {
    await db.createCollection(name);
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === namespaceExists)) throw error;
  }
  await db.command({
    collMod: name,
    validator: { $jsonSchema: schema },
    validationLevel: "strict",
    validationAction: "error",
  });
}
