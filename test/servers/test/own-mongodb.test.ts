import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import { type NewMongodb, needOwnMongodb } from "../src/index.ts";

describe("a MongoDB of a suite's own", () => {
  let newMongodb: NewMongodb;
  before(async function () {
    newMongodb = await needOwnMongodb(this);
  });

  it("has what was acknowledged before it was killed, each time it is started again", async () => {
    const server = await newMongodb();
    try {
      await using client = new MongoClient(server.url, { writeConcern: { w: "majority", journal: true } });
      const things = client.db().collection("things");
      for (let count = 1; count <= 3; count += 1) {
        await things.insertOne({ count });
        await server.kill();
        await server.start();
        assert.equal(await things.countDocuments(), count);
      }
    } finally {
      await server.remove();
    }
  }).timeout(120_000);
});
