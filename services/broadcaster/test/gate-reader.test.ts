import assert from "node:assert/strict";
import type { NearNode } from "../src/core/ports/near-node.ts";
import { GateReader } from "../src/shell/gate/gate-reader.ts";

/** A gate whose views are counted; what it says is its fee of the moment. */
function setUp() {
  const gate = { feeYocto: "30", isAway: false, asked: [] as string[], nowMs: 1_000 };
  const node = {
    async view(_: string, method: string) {
      gate.asked.push(method);
      if (gate.isAway) throw new Error("the node is away");
      return { value: method === "get_fee_tiers" ? [[3, gate.feeYocto]] : "someone.near" };
    },
  } as unknown as NearNode;
  return { gate, reader: new GateReader("gate.near", node, { now: () => gate.nowMs }) };
}

const tiers = (feeYocto: bigint) => [{ cap: 3, feeYocto }];

describe("the gate's fees", () => {
  it("of a moment ago are shared by a plan and the run that follows it, and by those who ask at the same time", async () => {
    const { gate, reader } = setUp();
    await Promise.all([reader.recentFeeTiers(), reader.recentFeeTiers()]);
    const { feeTiers } = await reader.terms("relayer.near", true);
    assert.deepEqual(feeTiers, tiers(30n));
    assert.equal(gate.asked.filter((method) => method === "get_fee_tiers").length, 1);
  });

  it("are read anew after some seconds, after a refusal, and for whoever wants them as they are", async () => {
    const { gate, reader } = setUp();
    await reader.recentFeeTiers();
    gate.feeYocto = "31";
    assert.deepEqual(await reader.feeTiers(), tiers(31n));
    assert.deepEqual(await reader.recentFeeTiers(), tiers(30n));
    reader.forgetFeeTiers();
    assert.deepEqual(await reader.recentFeeTiers(), tiers(31n));
    gate.feeYocto = "32";
    gate.nowMs += 5_000;
    assert.equal(reader.hasRecentFeeTiers, false);
    assert.deepEqual(await reader.recentFeeTiers(), tiers(32n));
  });

  it("are those that somebody else has read since", async () => {
    const { gate, reader } = setUp();
    await reader.recentFeeTiers();
    gate.feeYocto = "31";
    assert.deepEqual((await reader.terms("relayer.near", false)).feeTiers, tiers(31n));
    assert.deepEqual((await reader.terms("relayer.near", true)).feeTiers, tiers(31n));
  });

  it("that could not be read are asked for again", async () => {
    const { gate, reader } = setUp();
    gate.isAway = true;
    await assert.rejects(reader.recentFeeTiers(), /the node is away/);
    gate.isAway = false;
    assert.deepEqual(await reader.recentFeeTiers(), tiers(30n));
  });
});
