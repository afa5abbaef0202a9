import assert from "node:assert/strict";
import fc from "fast-check";
import { transactions } from "./support/chain-dump.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, setRegister } from "./support/steps.ts";
import { type System, startSystem } from "./support/system.ts";

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    "",
    "0",
    "-1",
    "1e9",
    "9".repeat(80),
    "\u0000",
    "ünïcode",
    "💸",
    "..",
    "a".repeat(70),
    "nep141:",
    null,
    1.5,
    -0,
  ),
);
const names = [
  ...Object.keys(dust),
  ...Object.keys(setRegister(1)),
  "near_intents",
  "route",
  "gate_batch",
  "intents",
  "steps",
  "gate_id",
];

/** A sound document with anything put anywhere. */
const mutated = (document: object) =>
  fc.array(fc.tuple(fc.constantFrom(...names), odd), { minLength: 1, maxLength: 4 }).map((changes) => {
    const copy = structuredClone(document) as { steps?: Record<string, unknown>[]; calls?: Record<string, unknown>[] };
    for (const [name, value] of changes) Object.assign((copy.steps ?? copy.calls)?.[0] ?? copy, { [name]: value });
    return copy;
  });

describeShapes("input of every kind", (shape) => {
  /** Fewer where each request goes through several processes. */
  const runs = (count: number) => ({ numRuns: shape === "embedded" ? count : count / 5 });
  let system: System;
  before(async () => {
    system = await startSystem({ shape });
  });
  after(() => system.stop());

  it("that is refused leaves nothing on the chain", async () => {
    const before = transactions(system.devnet).length;
    const bad: readonly unknown[] = [
      { ...dust, amount: "-5" },
      { ...dust, receiver_id: "Ünïcode" },
      { ...dust, amount: "9".repeat(50) },
      { ...dust, gas: "300000000000000" },
    ];
    for (const step of bad) {
      const { status, body } = await system.rest().execute([dust, step]);
      assert.deepEqual([status, body.status, body.error_code], [400, "rejected", "planner_rejected"]);
      assert.match(body.user_visible_error, /steps\[1\]|limit|gas/i);
    }
    assert.equal(transactions(system.devnet).length, before);
  });

  it("is never answered with a 5xx, and every error says in one sentence what is wrong", async () => {
    const paths = fc.constantFrom("/workflows/plan", "/workflows/execute", "/sequential-batch");
    const documents = fc.oneof(
      mutated({ steps: [dust] }),
      mutated({ gate_id: "gate.sequential.near", calls: [setRegister(1)] }),
      fc.jsonValue({ maxDepth: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(paths, documents, async (path, document) => {
        const { status, body } = await system.rest().post(path, document, { prefer: "wait=0" });
        assert.ok(status < 500, `${path} ${status} ${body?.message}`);
        if (status < 400) return;
        assert.equal(body.message, body.error);
        assert.ok(body.message.length > 10 && !/\n|at .*:\d+:\d+/.test(body.message), body.message);
      }),
      runs(400),
    );
  });

  it("texts that are not JSON, in whole or in part, name the place", async () => {
    const sound = JSON.stringify({ steps: [dust] });
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.length - 2), fc.string({ maxLength: 3 }), async (at, junk) => {
        const text = `${sound.slice(0, at)}${junk}`;
        const { status, body } = await system.rest().post("/workflows/plan", text);
        assert.equal(status, 400);
        assert.match(body.message, /^(invalid workflow JSON: |wallet workflow must not)/);
      }),
      runs(200),
    );
  });
});
