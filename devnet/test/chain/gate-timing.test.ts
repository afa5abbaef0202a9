import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import {
  blockOfLog,
  blockOfReceipt,
  chainWithGate,
  resumeBatch,
  resumeOne,
  submitIntent,
  traceEvents,
  viewGate,
} from "./gate-support.ts";
import { failureOf, mine, outcomes, receiptOutcome, settle, tera } from "./support.ts";

const observed = JSON.parse(readFileSync(new URL("../fixtures/mainnet-block-timing.json", import.meta.url), "utf8"));

/** Blocks as distances from the first of them, so that runs on different chains compare. */
function distances<T extends { readonly block: number }>(events: readonly T[], from: number): T[] {
  return events.map((event) => ({ ...event, block: event.block - from }));
}

/** Three submissions, one at a time, then a resume of the third, first and second; ids as on mainnet, from 1. */
function permutedRun() {
  const chain = chainWithGate();
  const submissions = [0, 1, 2, 3].map((index) => {
    const hash = submitIntent(chain, { nonce: BigInt(index + 1), value: index * 11 });
    settle(chain);
    return hash;
  });
  resumeOne(chain, "0");
  settle(chain);
  const resume = resumeBatch(chain, ["3", "1", "2"]);
  settle(chain);
  return { chain, submissions, resume, events: traceEvents(chain, [...submissions, resume]) };
}

describe("the gate on the chain", () => {
  it("runs a chain of three in the block distances of the mainnet run", () => {
    const { register_batch: expected } = observed;
    const { chain, submissions, resume, events } = permutedRun();
    const start = Number(chain.view().state().transaction(resume)?.height);
    const of = (ev: string) =>
      distances(
        events.filter((event) => event.ev === ev && event.block > start),
        start,
      );
    const pick = (event: Record<string, unknown>, ...fields: string[]) =>
      Object.fromEntries(fields.map((field) => [field, event[field]]));
    const begun = expected.resume_tx_included;
    assert.deepEqual(
      of("batch_started").map((event) => pick(event, "block", "batch_id", "n", "first_id")),
      distances([expected.batch_started], begun),
    );
    assert.deepEqual(
      of("intent_dispatched").map((event) => pick(event, "id", "seq", "block")),
      distances(expected.intent_dispatched, begun),
    );
    assert.deepEqual(
      of("chain_continued").map((event) => pick(event, "block", "next_id", "next_seq", "tail_remaining")),
      distances(expected.chain_continued, begun),
    );
    const third = of("intent_dispatched").map(({ id, block }) => {
      const hash = submissions[Number(id)] ?? "";
      return (blockOfLog(chain, hash, `register:set:${Number(id) * 11}:by:gate.near`) ?? 0) - start - block;
    });
    assert.deepEqual(third, [1, 1, 1]);
    assert.deepEqual(viewGate(chain), { pending: [], tail: [] });
  });

  it("runs targets one block after their dispatch, as the token batch did", () => {
    const { token_batch: expected } = observed;
    const { chain, submissions, resume, events } = permutedRun();
    const start = blockOfReceipt(chain, resume);
    const first = expected.intent_dispatched[0].block - 1;
    const targets = [3, 1, 2].map((id) =>
      blockOfLog(chain, submissions[id] ?? "", `register:set:${id * 11}:by:gate.near`),
    );
    assert.deepEqual(
      targets.map((block) => Number(block) - start),
      expected.target_event.map(({ block }: { block: number }) => block - first),
    );
    assert.deepEqual(
      events.filter(({ ev, block }) => ev === "intent_dispatched" && block > start).map(({ block }) => block - start),
      expected.intent_dispatched.map(({ block }: { block: number }) => block - first),
    );
  });

  it("dispatches a single intent in the blocks of the mainnet claim", () => {
    const { single_claim: expected } = observed;
    const chain = chainWithGate();
    const submission = submitIntent(chain, { nonce: 1n, value: 69 });
    settle(chain);
    const included = Number(chain.view().state().transaction(submission)?.height);
    assert.equal(blockOfReceipt(chain, submission) - included, expected.intent_submitted - expected.submit_tx_included);
    mine(chain, 1);
    const resume = resumeOne(chain, "0");
    settle(chain);
    const events = traceEvents(chain, [submission, resume]);
    const resumed = Number(chain.view().state().transaction(resume)?.height);
    const at = (ev: string) => (events.find((event) => event.ev === ev)?.block ?? 0) - resumed;
    assert.equal(at("fee_charged"), expected.fee_charged - expected.resume_tx_included);
    assert.equal(at("intent_dispatched"), expected.intent_dispatched - expected.resume_tx_included);
    const target = blockOfLog(chain, submission, "register:set:69:by:gate.near") ?? 0;
    assert.equal(target - resumed, expected.target_executed - expected.resume_tx_included);
  });

  it("lets an intent time out 200 blocks after its submission's receipt", () => {
    const chain = chainWithGate();
    const submission = submitIntent(chain, { nonce: 1n });
    settle(chain);
    const submitted = blockOfReceipt(chain, submission);
    mine(chain, 201 - Number(chain.head.height - BigInt(submitted)));
    const events = traceEvents(chain, [submission]);
    assert.deepEqual(events.at(-1), {
      ev: "intent_resolved_err",
      id: 0,
      reason: "timeout",
      detail: "Failed",
      block: submitted + 201,
    });
    assert.deepEqual(viewGate(chain), { pending: [], tail: [] });
  });

  it("empties the tail of a chain of n three blocks a step after the resume, one before the last dispatch", () => {
    const chain = chainWithGate();
    const ids = ["0", "1", "2"];
    for (const id of ids) submitIntent(chain, { nonce: BigInt(id) + 1n });
    settle(chain);
    const resume = resumeBatch(chain, ids);
    mine(chain, 2);
    const started = blockOfReceipt(chain, resume);
    const tails = [viewGate(chain).tail.length];
    while (Number(chain.head.height) < started + 7) {
      chain.mine();
      tails.push(viewGate(chain).tail.length);
    }
    assert.deepEqual(tails, [2, 2, 2, 1, 1, 1, 0, 0]);
  });

  it("goes on with the chain when a target fails, and stalls when a callback does", () => {
    const chain = chainWithGate();
    submitIntent(chain, { nonce: 1n, method: "missing" });
    submitIntent(chain, { nonce: 2n });
    const tooMuch = submitIntent(chain, { nonce: 3n, gas: 300n * tera });
    submitIntent(chain, { nonce: 4n });
    settle(chain);
    resumeBatch(chain, ["0", "1"]);
    settle(chain);
    assert.deepEqual(viewGate(chain).pending.toSorted(), ["2", "3"]);
    assert.deepEqual(viewGate(chain).tail, []);
    resumeBatch(chain, ["2", "3"]);
    settle(chain);
    const callback = outcomes(chain, tooMuch).find(({ logs }) =>
      logs.some((line) => line.includes("intent_dispatched")),
    );
    assert.ok(callback);
    assert.deepEqual(failureOf(callback), { FunctionCallError: { ExecutionError: "Exceeded the prepaid gas." } });
    assert.deepEqual(viewGate(chain).tail, ["3"]);
    const next = resumeBatch(chain, ["3"]);
    settle(chain);
    assert.deepEqual(failureOf(receiptOutcome(chain, next)), {
      FunctionCallError: {
        ExecutionError:
          "Smart contract panicked: a chained batch is already in flight; owner must reset_batch_tail if stuck",
      },
    });
  });
});
