import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import type { MockChain } from "../harness/mock-chain.ts";
import { APPROVER, GATE, gateChain, resumeBatch, resumeOne, submit, TIER_1, traces } from "./gate-world.ts";

const id = fc.nat(6).map(String);
const step = fc.oneof(
  fc.record({ do: fc.constant("submit" as const), nonce: fc.bigInt({ min: 1n, max: 8n }) }),
  fc.record({ do: fc.constant("resume" as const), id, approve: fc.boolean() }),
  fc.record({ do: fc.constant("batch" as const), ids: fc.array(id, { maxLength: 4 }) }),
  fc.record({ do: fc.constant("mine" as const), blocks: fc.constantFrom(1, 2, 7, 150) }),
);
type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

const steps = fc.array(step, { maxLength: 25 });

describe("whatever is submitted and resumed in whatever order", () => {
  it("each nonce is taken once, and each intent ends once: dispatched, rejected or timed out", () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const chain = play(plan);
        chain.mine(210);
        const events = traces(chain);
        const of = (name: string, field: string) =>
          events.flatMap((event) => (event.ev === name ? [event[field]] : []));
        const submitted = of("intent_submitted", "id");
        const ended = [...of("intent_dispatched", "id"), ...of("intent_resolved_err", "id")];
        deepStrictEqual(ended.toSorted(byNumber), submitted);
        const nonces = of("intent_submitted", "nonce");
        strictEqual(new Set(nonces).size, nonces.length);
        deepStrictEqual(chain.view(GATE, "list_pending"), []);
      }),
      { numRuns: 300 },
    );
  });

  it("a fee is kept for each resume that went through, and for none that did not", () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const chain = play(plan);
        const resumes = chain.outcomes.filter(({ ok, methods }) => ok && methods[0]?.startsWith("resume_"));
        const [collected] = chain.view<[string, string]>(GATE, "get_fee_stats");
        const before = gateChain().balance(APPROVER);
        const paid =
          resumes.reduce((sum, { methods }) => sum + (methods[0] === "resume_intent" ? 1n : 2n), 0n) * TIER_1;
        strictEqual(before - chain.balance(APPROVER), paid);
        const owed = resumes.flatMap(
          ({ logs }) => /"fee_charged","n":\d+,"amount":"(\d+)"/.exec(logs[0] ?? "")?.[1] ?? [],
        );
        strictEqual(
          BigInt(collected),
          owed.reduce((sum, amount) => sum + BigInt(amount), 0n),
        );
        strictEqual(owed.length, resumes.length);
      }),
    );
  });
});

function play(plan: readonly Step[]): MockChain {
  const chain = gateChain();
  for (const next of plan) {
    switch (next.do) {
      case "submit":
        submit(chain, { nonce: next.nonce });
        break;
      case "resume":
        resumeOne(chain, next.id, next.approve);
        break;
      case "batch":
        resumeBatch(chain, next.ids, 2n * TIER_1);
        break;
      case "mine":
        chain.mine(next.blocks);
        break;
    }
  }
  return chain;
}

function byNumber(a: unknown, b: unknown): number {
  return Number(a) - Number(b);
}
