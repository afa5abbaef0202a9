import assert from "node:assert/strict";
import { playOut } from "./plays.ts";
import { chained } from "./workflows.ts";
import { World } from "./world.ts";

describe("a broadcaster that sends a resume before it writes it down", () => {
  it("is found out when it is killed in between", async () => {
    const world = await World.start({ blockTimeMs: 100, mutant: "resume-before-append" });
    try {
      const trap = { call: "append resumePrepared", occurrence: 1, moment: "before" } as const;
      const { unsprung } = await playOut(world, { shapes: [chained], traps: [trap], troubles: [] });
      assert.deepEqual(unsprung, []);
      const found = (await world.check()).map(({ kind }) => kind);
      assert.ok(found.includes("write_ahead"), `found ${found.join() || "nothing"}`);
    } finally {
      await world.stop();
    }
  }).timeout(200_000);
});
