import { deepStrictEqual, strictEqual } from "node:assert";
import { readFixture } from "../../fixtures/read-fixture.ts";
import type { MockChain, Outcome } from "../harness/mock-chain.ts";
import { APPROVER, GATE, gateChain, RELAYER } from "./gate-world.ts";

interface Callback {
  readonly on_intent_resumed?: string;
  readonly continue_chain?: string;
  readonly height?: number;
  readonly ok: boolean;
  readonly logs: readonly string[];
  readonly panic?: string;
}

interface Step {
  readonly call: string;
  readonly block_height: string;
  readonly args: unknown;
  readonly deposit?: string;
  readonly predecessor?: string;
  readonly ok: boolean;
  readonly logs: readonly string[];
  readonly panic?: string;
  readonly callbacks?: readonly Callback[];
}

interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly after: Readonly<Record<string, unknown>>;
}

describe("the gate plays a scenario as the published contract did", () => {
  for (const scenario of readFixture<{ readonly scenarios: readonly Scenario[] }>("gate-scenarios.json").scenarios) {
    it(scenario.name, () => {
      const chain = gateChain();
      for (const step of scenario.steps) play(chain, step);
      for (const [view, answer] of Object.entries(scenario.after))
        deepStrictEqual(chain.view(GATE, view), answer, view);
    });
  }
});

function play(chain: MockChain, step: Step): void {
  // The scenarios' blocks are far apart where nothing happens in between.
  chain.height = BigInt(step.block_height);
  const usual = step.call === "submit_intent" ? RELAYER : APPROVER;
  const outcome = chain.call({
    receiver: GATE,
    method: step.call,
    args: step.args,
    predecessor: step.predecessor ?? usual,
    deposit: BigInt(step.deposit ?? 0),
  });
  strictEqual(outcome.panic, step.panic);
  deepStrictEqual({ ok: outcome.ok, logs: outcome.logs }, { ok: step.ok, logs: step.logs });

  const before = chain.outcomes.length;
  chain.settle();
  const callbacks = chain.outcomes.slice(before).filter((made) => made.executor === GATE);
  deepStrictEqual(callbacks.map(shapeOf), (step.callbacks ?? []).map(expectedShapeOf));
  for (const [index, { height }] of (step.callbacks ?? []).entries()) {
    if (height !== undefined) strictEqual(callbacks[index]?.height, BigInt(height));
  }
}

function shapeOf({ methods, ok, logs, panic }: Outcome): unknown {
  return { method: methods[0], ok, logs, panic };
}

function expectedShapeOf({ on_intent_resumed, ok, logs, panic }: Callback): unknown {
  return { method: on_intent_resumed === undefined ? "continue_chain" : "on_intent_resumed", ok, logs, panic };
}
