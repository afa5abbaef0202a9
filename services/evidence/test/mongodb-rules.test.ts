import assert from "node:assert/strict";
import { connect } from "../src/adapters/mongodb/client.ts";

describe("what DATABASE_URL cannot change", () => {
  const rulesOf = (query: string, limits?: "none") => {
    const { client, db } = connect(`mongodb://db.test/?${query}`, "evidence", limits);
    const collection = db.collection("entries");
    const { w, journal, wtimeoutMS } = collection.writeConcern ?? {};
    const { retryWrites, retryReads } = client.options;
    return {
      read: [collection.readPreference?.mode, collection.readConcern?.level],
      write: [w, journal, wtimeoutMS],
      retries: [retryWrites, retryReads],
    };
  };
  const expected = { read: ["primary", "majority"], write: ["majority", true, 10_000], retries: [true, true] };

  for (const query of [
    "",
    "readConcernLevel=local",
    "readPreference=secondary",
    "readPreference=nearest&readPreferenceTags=dc:ny",
    "w=1",
    "w=0",
    "journal=false",
    "j=false",
    "wtimeoutMS=5",
    "wtimeout=5",
    "retryWrites=false&retryReads=false",
    "w=1&journal=false&wtimeoutMS=5&readConcernLevel=available&readPreference=secondaryPreferred",
  ]) {
    it(`is where entries are on a majority, and read from it: ?${query}`, () => {
      assert.deepEqual(rulesOf(query), expected);
      assert.deepEqual(rulesOf(query, "none"), { ...expected, write: ["majority", true, undefined] });
    });
  }
});
