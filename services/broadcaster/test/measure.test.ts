import assert from "node:assert/strict";
import { readTransactionStatus } from "../src/core/chain/transaction-status.ts";
import { measure } from "../src/shell/workflow/perform/measure.ts";
import { Sightings } from "../src/shell/workflow/sightings.ts";
import { type ReceiptSpec, submitted, transactionStatus } from "./core/transaction-builder.ts";
import { type Kind, pending, workflow } from "./core/workflow-builder.ts";

const plain: readonly Kind[] = ["plain"];

/** What is measured of a workflow whose intent waits on the gate, over a node that says this of its submission. */
function measureOver(receipts: readonly ReceiptSpec[] | undefined) {
  const tools = {
    config: { gateId: "gate.near", verifierId: "intents.near" },
    follower: { heads: { final: { height: 1005 } } },
    node: {
      async transaction() {
        return receipts && readTransactionStatus(transactionStatus(receipts) as never);
      },
    },
  } as unknown as Parameters<typeof measure>[0];
  return measure(tools, workflow(plain, pending(plain)), new Sightings(), new AbortController().signal);
}

describe("what a workflow has cost", () => {
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
});
