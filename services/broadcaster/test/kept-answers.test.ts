import assert from "node:assert/strict";
import type { Purse } from "../src/core/gate/money.ts";
import { GateReadings, type GateSources } from "../src/shell/checks/gate-readings.ts";
import { KeptAnswers } from "../src/shell/checks/kept-answers.ts";
import { Commitments } from "../src/shell/gate/commitments.ts";

const purse = (amount: bigint): Purse => ({ relayer: amount, approver: amount, gate: amount });

describe("answers of the node that are kept for some blocks", () => {
  it("are asked for once until those blocks are over, or they are dropped, and again after an error", async () => {
    let head = 100;
    let asked = 0;
    const kept = new KeptAnswers(() => head);
    const read = () => kept.read("terms", 40, async () => ++asked);
    assert.deepEqual(await Promise.all([read(), read()]), [1, 1]);
    head = 139;
    assert.equal(await read(), 1);
    head = 140;
    assert.equal(kept.has("terms"), false);
    assert.equal(await read(), 2);
    kept.drop();
    assert.equal(await read(), 3);
    const fails = () => kept.read("other", 40, () => Promise.reject(new Error("away")));
    await assert.rejects(fails(), /away/);
    assert.equal(await kept.read("other", 40, async () => "there"), "there");
  });
});

describe("balances that were read for another run", () => {
  let balance: bigint;
  let reads: number;
  let commitments: Commitments;
  let kept: KeptAnswers;
  beforeEach(() => {
    balance = 1000n;
    reads = 0;
    commitments = new Commitments();
    kept = new KeptAnswers(() => 100);
  });

  const readings = (requestId: string) =>
    new GateReadings(
      {
        config: { relayerId: "relayer", approverId: "approver" },
        gate: {
          async funds() {
            reads += 1;
            return { purse: purse(balance), gateBytes: 0n };
          },
        },
        committed: () => commitments.before(requestId),
        spent: () => commitments.released,
        kept,
      } as unknown as GateSources,
      { calls: [], resumption: "chain" },
    );

  it("are less by what others are to take, and by what others have taken since", async () => {
    assert.deepEqual(await readings("first").purse(), purse(1000n));
    commitments.set("first", purse(300n));
    commitments.set("second", purse(200n));
    const third = readings("third");
    assert.deepEqual(await third.purse(), purse(500n));
    assert.equal(third.isPartlyKept, true);
    // The first takes its part, of which these balances know nothing.
    balance = 700n;
    commitments.drop("first");
    assert.deepEqual(await readings("third").purse(), purse(500n));
    commitments.set("second", purse(50n));
    assert.deepEqual(await readings("third").purse(), purse(500n));
    assert.equal(reads, 1);
    kept.drop();
    const anew = readings("third");
    assert.deepEqual(await anew.purse(), purse(650n));
    assert.equal(anew.isPartlyKept, false);
  });

  it("are not more because gas has become dearer", async () => {
    await readings("first").purse();
    commitments.set("first", purse(300n));
    commitments.set("first", purse(400n));
    assert.deepEqual(await readings("second").purse(), purse(600n));
    commitments.drop("first");
    assert.deepEqual(await readings("second").purse(), purse(600n));
  });
});
