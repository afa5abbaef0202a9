import assert from "node:assert/strict";
import { type Mongodb, needMongodb } from "@outlayer/test-servers";
import { dust } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

describe("the product on MongoDB", () => {
  let mongodb: Mongodb;
  before(async function () {
    mongodb = await needMongodb(this);
  });

  it("carries workflows out, each key once, and finds everything again after a restart", async () => {
    const { url, drop } = mongodb.database();
    await withSystem({ environment: { DATABASE_URL: url } }, async (system) => {
      const run = (key: string) => system.rest().execute([dust, dust, dust], key);
      const answers = await Promise.all(Array.from({ length: 8 }, () => run("same")));
      const [first] = answers;
      assert.equal(first?.body.status, "succeeded", first?.body.message);
      assert.deepEqual(new Set(answers.map(({ body }) => body.request_id)), new Set([first.body.request_id]));
      await system.restart();
      const again = await run("same");
      assert.equal(again.body.request_id, first.body.request_id);
      assert.equal(again.body.head_hash, first.body.head_hash);
      assert.equal((await run("another")).body.status, "succeeded");
    });
    await drop();
  });
});
