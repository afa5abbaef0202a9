import assert from "node:assert/strict";
import { createLogger } from "@outlayer/kit";
import { virtualTime } from "../../../packages/kit/test/support/virtual-time.ts";
import { RpcUnavailable } from "../src/core/ports/near-node.ts";
import { gateChecks } from "../src/shell/checks/gate-checks.ts";
import { GateStanding, type StandingNeeds } from "../src/shell/checks/gate-standing.ts";

const finding = { ok: true, expected: "", actual: "", message: "" };
/** Admission's checks of gate and operator, of which these fail, and these cannot be made. */
const made = (failing: readonly string[] = [], unmade: readonly string[] = []) =>
  gateChecks.map((check) =>
    unmade.includes(check.name)
      ? { check, error: new RpcUnavailable("away") }
      : { check, finding: { ...finding, ok: !failing.includes(check.name) } },
  );

describe("what a broadcaster says of its gate", () => {
  let time: ReturnType<typeof virtualTime>;
  let head: number;
  let holder: "free" | "gate_busy" | "gate_stuck" | "away";
  let tail: readonly string[];
  let failing: readonly string[];
  let unmade: readonly string[];
  let waiting: number;
  let isOneOfSeveral: boolean;
  let read: string[];
  let standing: GateStanding;
  let running: Promise<void>;
  let stop: AbortController;

  beforeEach(() => {
    time = virtualTime(0);
    [head, holder, tail, failing, unmade, waiting, isOneOfSeveral, read] = [100, "free", [], [], [], 0, true, []];
    const needs: StandingNeeds = {
      gate: { gateId: "gate.near" },
      conductor: {
        get size() {
          return waiting;
        },
      },
      intake: { size: 2 },
      tails: {
        async read() {
          read.push("tail");
          if (holder === "away") throw new RpcUnavailable("away");
          return { tail, holder };
        },
      },
      follower: {
        get heads() {
          const block = { height: head } as never;
          return { optimistic: block, final: block };
        },
      },
      async check() {
        read.push("checks");
        return made(failing, unmade);
      },
      isOneOfSeveral: () => isOneOfSeveral,
      timers: time.timers,
      logger: createLogger("broadcaster", "silent"),
    };
    standing = new GateStanding(needs);
    stop = new AbortController();
    running = standing.run(stop.signal);
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  /** One pause between looks later. */
  async function look(blocks = 5): Promise<string | undefined> {
    head += blocks;
    await time.armed(3_000);
    time.advance(3_000);
    await time.armed(3_000);
    return standing.told?.stuck;
  }

  it("costs an idle gate no reading", async () => {
    for (let round = 0; round < 5; round += 1) assert.equal(await look(), "");
    assert.deepEqual(read, []);
  });

  it("is nothing, and costs nothing, where there is one gate alone", async () => {
    isOneOfSeveral = false;
    [waiting, holder] = [3, "gate_stuck"];
    standing.noteAdmission(made(["gate_approver"]), false);
    assert.equal(await look(), undefined);
    assert.deepEqual([standing.told, read], [undefined, []]);
  });

  it("says how many wait at the gate and are under way", () => {
    waiting = 3;
    assert.deepEqual(standing.told, { stuck: "", waitingWorkflows: 5 });
  });

  it("says that the tail is stuck while something waits for it, and no more once it moves", async () => {
    [holder, tail] = ["gate_stuck", ["7"]];
    assert.equal(await look(), "", "nothing waits");
    waiting = 1;
    assert.deepEqual([await look(), await look()], ["", "gate_stuck"]);
    // All that waited has gone elsewhere: now it is looked at all the same.
    [waiting, holder] = [0, "free"];
    assert.deepEqual([await look(), await look()], ["gate_stuck", "gate_stuck"]);
    assert.equal(await look(), "");
    const until = read.length;
    await look();
    assert.equal(read.length, until);
  });

  it("takes a chain for stuck that two looks in a row have found so, and no two chains", async () => {
    [holder, waiting] = ["gate_stuck", 1];
    for (const ids of [["7"], ["8", "9"], ["9"], ["7"]]) {
      tail = ids;
      assert.equal(await look(), "");
    }
    holder = "gate_busy";
    assert.equal(await look(), "");
    holder = "gate_stuck";
    assert.deepEqual([await look(), await look()], ["", "gate_stuck"]);
  });

  it("says what an admission has found, at once where every workflow fails by it", async () => {
    standing.noteAdmission(made(["gate_approver", "relayer_balance"]), false);
    assert.equal(standing.told?.stuck, "approver_rotated");
    failing = ["relayer_balance"];
    assert.equal(await look(), "balance_low", "what stands in the way now");
  });

  it("goes by a fee once a look has found it too, for longer chains have other fees", async () => {
    standing.noteAdmission(made(["gate_fee"]), false);
    assert.equal(standing.told?.stuck, "", "perhaps of that workflow's chain alone");
    assert.equal(await look(), "");
    standing.noteAdmission(made(["gate_fee"]), false);
    failing = ["gate_fee"];
    assert.equal(await look(), "fee_mismatch");
  });

  it("says that the operator is short once that has lasted for 30 blocks", async () => {
    failing = ["approver_balance"];
    standing.noteAdmission(made(failing), false);
    assert.deepEqual([standing.told?.stuck, await look(29), await look(1)], ["", "", "balance_low"]);
  });

  it("takes no reading of before for an obstacle, and what could not be read for nothing", async () => {
    standing.noteAdmission(made(["gate_approver"]), true);
    assert.equal(standing.told?.stuck, "");
    standing.noteAdmission(made([], ["relayer_key"]), false);
    standing.noteAdmission(made(["gate_approver"], ["clock_skew"]), false);
    assert.equal(standing.told?.stuck, "");
    standing.noteAdmission(made(["gate_approver"]), false);
    // A gate that cannot be looked at is as it was.
    unmade = ["gate_fee"];
    for (let round = 0; round < 4; round += 1) assert.equal(await look(), "approver_rotated");
    [unmade, holder] = [[], "away"];
    for (let round = 0; round < 4; round += 1) assert.equal(await look(), "approver_rotated");
    holder = "free";
    await look();
    await look();
    assert.equal(await look(), "");
  });
});
