import assert from "node:assert/strict";
import { connect } from "node:net";
import { MongoClient } from "mongodb";
import { type Mongodb, needMongodb, needNats } from "../src/index.ts";

describe("servers for tests", () => {
  describe("MongoDB", () => {
    let mongodb: Mongodb;
    before(async function () {
      mongodb = await needMongodb(this);
    });

    it("gives each test a database of its own", async () => {
      const [one, other] = [mongodb.database(), mongodb.database()];
      await using first = new MongoClient(one.url);
      await using second = new MongoClient(other.url);
      await first.db().collection("things").insertOne({ name: "thing" });
      assert.equal(await first.db().collection("things").countDocuments(), 1);
      assert.equal(await second.db().collection("things").countDocuments(), 0);
      await one.drop();
      assert.equal(await first.db().collection("things").countDocuments(), 0);
    });
  });

  describe("NATS", () => {
    let url: string;
    before(async function () {
      url = await needNats(this);
    });

    it("has JetStream", async () => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      const info = await new Promise<string>((resolve, reject) => {
        socket.once("data", (chunk) => resolve(String(chunk)));
        socket.once("error", reject);
      });
      socket.destroy();
      assert.equal(JSON.parse(info.replace(/^INFO /, "")).jetstream, true);
    });
  });
});
