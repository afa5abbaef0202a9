import assert from "node:assert/strict";
import { readTransactionStatus } from "../src/core/chain/transaction-status.ts";
import type { Recall } from "../src/core/ports/near-node.ts";
import type { EventInit } from "../src/core/workflow/action.ts";
import { measure } from "../src/shell/workflow/perform/measure.ts";
import { Sightings } from "../src/shell/workflow/sightings.ts";
import { type ReceiptSpec, submitted, transactionStatus } from "./core/transaction-builder.ts";
import {
  admittedSingly,
  type Kind,
  pending,
  resolved,
  singly,
  started,
  transaction,
  workflow,
} from "./core/workflow-builder.ts";

const plain: readonly Kind[] = ["plain"];

/**
 * What is measured of a workflow whose intent waits on the gate, or which has these events, over a node that says this of its
 * submission while all nodes together recall that.
 */
function measureOver(
  receipts: readonly ReceiptSpec[] | undefined,
  recalled: () => Recall = () => assert.fail("nobody else is asked"),
  events: readonly EventInit[] = pending(plain),
) {
  const tools = {
    config: { gateId: "gate.near", verifierId: "intents.near" },
    follower: { heads: { final: { height: 1005 } } },
    node: {
      async transaction(hash: string) {
        const isKnown = receipts !== undefined && ["s0", "r1"].includes(hash);
        return isKnown ? readTransactionStatus(transactionStatus(receipts) as never) : undefined;
      },
      async recall() {
        return recalled();
      },
    },
  } as unknown as Parameters<typeof measure>[0];
  return measure(tools, workflow(plain, events), new Sightings(), new AbortController().signal);
}

describe("what a workflow has cost", () => {
  const unknown = { kind: "unknown", voidIn: undefined, isCorroborated: true } as const;

  it("has the submission of an intent that still waits, as far as it has run", async () => {
    const measured = await measureOver([
      { id: "r0", logs: [submitted], children: ["yield"] },
      { id: "yield", waits: true },
    ]);
    assert.equal(measured?.case, "measured");
    assert.equal(measured?.case === "measured" && measured.value.fees?.gasBurntYocto, "17");
  });

  for (const [what, receipts] of [
    ["does not know it", undefined],
    ["has not seen it run", [{ id: "r0", waits: true }]],
  ] as const) {
    it(`is not measured by a node that ${what}, where the log says that the gate took it in`, async () => {
      assert.equal(await measureOver(receipts), undefined);
    });
  }

  describe("of a submission that may have landed", () => {
    const sent = pending(plain).slice(0, -1);
    const ran = readTransactionStatus(transactionStatus([{ id: "r0", logs: [submitted] }]) as never);
    assert(ran);

    /** Gas burnt; undefined where nothing is measured yet. */
    async function gasOver(recalled: Recall): Promise<string | undefined> {
      const measured = await measureOver(undefined, () => recalled, sent);
      return measured?.case === "measured" ? measured.value.fees?.gasBurntYocto : undefined;
    }

    it("is what another node knows of it, where the first has left it out", async () => {
      assert.equal(await gasOver({ kind: "known", status: ran }), "17");
    });

    const dead: EventInit = { case: "transactionDead", value: { txHash: "s0", ground: "nonce_passed" } };

    for (const [what, events, named] of [
      ["is nothing where every node was asked and it counts as dead", [...sent, dead], []],
      ["is named where no node knows it and it may still land", sent, ["s0"]],
    ] as const) {
      it(what, async () => {
        const measured = await measureOver(undefined, () => unknown, events);
        const fees = measured?.case === "measured" ? measured.value.fees : undefined;
        assert.deepEqual([fees?.gasBurntYocto, fees?.forgottenTxHashes], ["0", named]);
      });
    }

    it("is what another node knows of it, also where it counted as dead", async () => {
      const measured = await measureOver(undefined, () => ({ kind: "known", status: ran }), [...sent, dead]);
      assert.equal(measured?.case === "measured" && measured.value.fees?.gasBurntYocto, "17");
    });

    it("is nothing where it counts as dead, and the nodes no longer keep what they said of it", async () => {
      const measured = await measureOver(undefined, () => ({ kind: "forgotten" }), [...sent, dead]);
      const fees = measured?.case === "measured" ? measured.value.fees : undefined;
      assert.deepEqual([fees?.gasBurntYocto, fees?.forgottenTxHashes], ["0", []]);
    });

    for (const [what, events] of [
      ["may have landed", sent],
      ["counts as dead", [...sent, dead]],
    ] as const) {
      it(`is named where one node of several denies what ${what}, and no other one says anything`, async () => {
        const measured = await measureOver(undefined, () => ({ ...unknown, isCorroborated: false }), events);
        const fees = measured?.case === "measured" ? measured.value.fees : undefined;
        assert.deepEqual([fees?.gasBurntYocto, fees?.forgottenTxHashes], ["0", ["s0"]]);
      });
    }

    for (const kind of ["untold", "forgotten"] as const) {
      it(`is not measured yet where what became of it is ${kind}`, async () => {
        assert.equal(await gasOver({ kind }), undefined);
      });
    }

    it("is not nothing where the gate took it in after it had counted as dead", async () => {
      const [taken = dead] = pending(plain).slice(-1);
      assert.equal(await measureOver(undefined, undefined, [...sent, dead, taken]), undefined);
    });

    it("is not measured by a node that has not seen it run", async () => {
      assert.equal(await measureOver([{ id: "r0", waits: true }], undefined, sent), undefined);
    });
  });

  describe("of a resume that counts as dead, whose intent was dispatched all the same", () => {
    const dead: EventInit = { case: "transactionDead", value: { txHash: "r0", ground: "nonce_passed" } };
    const sent = pending(plain).map((event) => (event.case === "admitted" ? admittedSingly : event));
    const events = [...sent, singly(0), dead, resolved(0)];
    const run: readonly ReceiptSpec[] = [{ id: "r0", logs: [submitted] }];

    async function feesOver(recalled: Recall) {
      const measured = await measureOver(run, () => recalled, events);
      return measured?.case === "measured" ? measured.value.fees : undefined;
    }

    it("is named where no node knows the resume: it may have been this one", async () => {
      const fees = await feesOver(unknown);
      assert.deepEqual([fees?.gasBurntYocto, fees?.gateFeeYocto, fees?.forgottenTxHashes], ["17", "0", ["r0"]]);
    });

    it("is counted where a node knows the resume", async () => {
      const status = readTransactionStatus(transactionStatus(run) as never);
      assert(status);
      const fees = await feesOver({ kind: "known", status });
      assert.deepEqual([fees?.gasBurntYocto, fees?.gateFeeYocto, fees?.forgottenTxHashes], ["34", "30", []]);
    });

    it("has its fee counted where a node knows it after all, though nothing was dispatched by it", async () => {
      const status = readTransactionStatus(transactionStatus(run) as never);
      assert(status);
      const measured = await measureOver(run, () => ({ kind: "known", status }), [...sent, singly(0, "reject"), dead]);
      const fees = measured?.case === "measured" ? measured.value.fees : undefined;
      assert.deepEqual([fees?.gasBurntYocto, fees?.gateFeeYocto, fees?.forgottenTxHashes], ["34", "30", []]);
    });

    it("is nothing where another resume that ran explains the dispatch", async () => {
      const other: EventInit = {
        case: "resumePrepared",
        value: { transaction: transaction("r1"), mode: "single", intentIds: ["40"], feeYocto: "30" },
      };
      const explained = [...sent, singly(0), dead, other, started(1006, "r1"), resolved(0)];
      const measured = await measureOver(run, () => unknown, explained);
      const fees = measured?.case === "measured" ? measured.value.fees : undefined;
      assert.deepEqual([fees?.gasBurntYocto, fees?.gateFeeYocto, fees?.forgottenTxHashes], ["34", "30", []]);
    });
  });
});
