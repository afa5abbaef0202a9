import assert from "node:assert/strict";
import { adopt } from "../src/shell/workflow/perform/adopt.ts";
import {
  admitted,
  allowed,
  type Kind,
  maxBlockHeight,
  signed,
  submissions,
  taken,
  workflow,
} from "./core/workflow-builder.ts";

const one: readonly Kind[] = ["intents"];
/** Height of the block that our own submission names. */
const named = 990;

/** Adopts an intent that the gate accepted at a height, on a chain with somebody's submission of our delegate at another. */
async function adopted(acceptedAt: number, carriedAt: number, delegateValidityBlocks = 180) {
  const read: number[] = [];
  const block = (height: number) => ({ height, hash: `h${height}`, prevHash: `h${height - 1}` });
  const call = { methodName: "submit_intent", args: new TextEncoder().encode('{"signed_delegate":"delegate-0"}') };
  const tools = {
    node: {
      async transaction() {},
      async block(wanted: { readonly hash?: string; readonly height?: number }) {
        return block(wanted.height ?? Number(wanted.hash?.slice(1)));
      },
      async transactionsOf({ height }: { readonly height: number }) {
        read.push(height);
        const carrier = { hash: "theirs", signerId: "other.near", receiverId: "gate.near", calls: [call] };
        return height === carriedAt ? [carrier] : [];
      },
    },
    gate: {
      async findPending() {
        return { intentId: "7", sender: "alice", nonce: 100n, submittedAtBlock: acceptedAt };
      },
    },
    config: { gateId: "gate.near", delegateValidityBlocks },
  } as unknown as Parameters<typeof adopt>[0];
  const state = workflow(one, [taken, allowed, admitted, signed(one), submissions(0)]);
  return { found: await adopt(tools, state, 0), read };
}

describe("somebody else's submission of our delegate (rule: used-nonce-is-looked-up)", () => {
  it("is found however late its receipt ran: four blocks were searched once", async () => {
    const { found } = await adopted(1100, 1001);
    assert.ok(found !== "none");
    assert.deepEqual([found.txHash, found.signerId, found.intentId], ["theirs", "other.near", "7"]);
  });

  it("is looked for from the newest block down, and not below the block that our own submission names", async () => {
    const { found, read } = await adopted(1003, 0);
    assert.equal(found, "none");
    assert.deepEqual(
      read,
      [...Array(1003 - named).keys()].map((count) => 1003 - count),
    );
  });

  it("is found in a block before the one that our own submission names: the delegate was signed before", async () => {
    const signedAt = named - 5;
    const validity = Number(maxBlockHeight) - signedAt;
    const { found } = await adopted(1003, signedAt + 1, validity);
    assert.ok(found !== "none");
    assert.equal(found.txHash, "theirs");
    const { read } = await adopted(1003, 0, validity);
    assert.equal(read.at(-1), signedAt + 1);
  });

  it("is not looked for for ever", async () => {
    const { read } = await adopted(5000, 0);
    assert.equal(read.length, 400);
  });
});
