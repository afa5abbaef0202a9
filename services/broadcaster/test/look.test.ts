import assert from "node:assert/strict";
import { readTransactionStatus } from "../src/core/chain/transaction-status.ts";
import { look } from "../src/shell/workflow/perform/look.ts";
import { Sightings } from "../src/shell/workflow/sightings.ts";
import { type ReceiptSpec, submitted, transactionStatus } from "./core/transaction-builder.ts";
import { admitted, allowed, type Kind, signed, submissions, taken, workflow } from "./core/workflow-builder.ts";

const three: readonly Kind[] = ["intents", "intents", "intents"];
const head = 1005;
const ran: readonly ReceiptSpec[] = [{ id: "r0", logs: [submitted] }];
const converted: readonly ReceiptSpec[] = [{ id: "r0", waits: true }];

/** Looks over a node. @param known receipts of the submissions that it knows @returns what was asked of it, in order, and what was seen */
async function lookOver(known: Readonly<Record<string, readonly ReceiptSpec[]>>, lastFirst: boolean) {
  const asked: string[] = [];
  const seen = new Sightings();
  const tools = {
    node: {
      async transaction(hash: string) {
        asked.push(hash);
        const receipts = known[hash];
        return receipts === undefined ? undefined : readTransactionStatus(transactionStatus(receipts) as never);
      },
    },
    follower: {
      heads: { optimistic: { height: head }, final: { height: head - 2 } },
      async learn() {},
      async learnIfKept() {},
    },
    config: { gateId: "gate.near" },
  } as unknown as Parameters<typeof look>[0];
  const state = workflow(three, [taken, allowed, admitted, signed(three), submissions(0, 1, 2)]);
  await look(tools, state, { submissions: ["s0", "s1", "s2"], resumes: [], lastFirst }, seen);
  return { asked, seen };
}

describe("a look at submissions that were just sent", () => {
  it("asks for the others once the last one has run", async () => {
    const { asked, seen } = await lookOver({ s0: ran, s1: ran, s2: ran }, true);
    assert.deepEqual(asked, ["s2", "s0", "s1"]);
    assert.deepEqual([...seen.submissions.keys()].sort(), ["s0", "s1", "s2"]);
  });

  for (const [what, known] of [
    ["is not known yet", { s0: ran }],
    ["has not run yet", { s0: ran, s2: converted }],
  ] as const) {
    it(`leaves the others to the next head where the last one ${what}, and claims nothing of them`, async () => {
      const { asked, seen } = await lookOver(known, true);
      assert.deepEqual(asked, ["s2"]);
      assert.deepEqual([...seen.submissions.keys()], ["s2"]);
      assert.deepEqual(
        [...seen.lookedAt].sort(),
        ["s0", "s1", "s2"].map((hash) => [hash, head]),
      );
    });
  }

  it("asks for all of them where it does not matter", async () => {
    assert.deepEqual((await lookOver({}, false)).asked, ["s0", "s1", "s2"]);
  });
});
