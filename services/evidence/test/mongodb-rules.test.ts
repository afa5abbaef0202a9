import assert from "node:assert/strict";
import { Code } from "@outlayer/kit";
import { MongoNetworkError, MongoRuntimeError, MongoServerError } from "mongodb";
import { connect } from "../src/adapters/mongodb/client.ts";
import { DatabaseRefused, isUnanswered, translated, WriteConflict } from "../src/adapters/mongodb/errors.ts";

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

describe("what comes of a call to MongoDB", () => {
  const server = (code: number) => new MongoServerError({ message: "said so", code });
  const cases: readonly (readonly [string, Error, boolean])[] = [
    ["no answer where the connection broke", new MongoNetworkError("broke"), true],
    ["no answer where the driver met what it did not expect", new MongoRuntimeError("met"), true],
    ["no answer where Node finds the socket closed", Object.assign(new Error("ended"), { code: "EPIPE" }), true],
    ["an error of our own where it is none of these", new TypeError("no such property"), false],
    ["no answer where the server has an error inside", server(1), true],
    ["no answer where the server is not the primary any more", server(10_107), true],
    ["a refusal where a place is taken", server(11_000), false],
    ["a refusal where a document is not as it must be", server(121), false],
  ];
  for (const [what, error, isUnknown] of cases) {
    it(`is ${what}`, () => assert.equal(isUnanswered(error), isUnknown));
  }

  for (const [what, code] of [
    ["MongoDB gave a write up for another one", 112],
    ["PostgreSQL did, for a deadlock", 16_908_292],
    ["PostgreSQL did, for the order of transactions", 16_777_220],
  ] as const) {
    it(`is neither a refusal nor no answer where ${what}`, () => {
      assert.equal(isUnanswered(server(code)), false);
      const error = translated(server(code));
      assert.ok(error instanceof WriteConflict);
      assert.equal(error.code, Code.Unavailable);
      assert.ok(translated(server(11_000)) instanceof DatabaseRefused);
    });
  }
});
