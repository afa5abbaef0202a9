import { deepStrictEqual, strictEqual } from "node:assert";
import { readFixture } from "../../fixtures/read-fixture.ts";
import { GATE, gateChain, RELAYER } from "./gate-world.ts";

interface Vector {
  readonly name: string;
  readonly block_height: string;
  readonly signed_delegate: string;
  readonly accepted: boolean;
  readonly panic?: string;
  readonly logs?: readonly string[];
}

describe("the gate answers a submission as the published contract did", () => {
  for (const vector of readFixture<{ readonly vectors: readonly Vector[] }>("gate-answers.json").vectors) {
    it(vector.name, () => {
      const chain = gateChain(BigInt(vector.block_height));
      const before = chain.snapshot(GATE);
      const args = { signed_delegate: vector.signed_delegate };
      const outcome = chain.call({ receiver: GATE, method: "submit_intent", args, predecessor: RELAYER });
      strictEqual(outcome.panic, vector.panic);
      strictEqual(outcome.ok, vector.accepted);
      deepStrictEqual(outcome.logs, vector.logs ?? []);
      deepStrictEqual(chain.view(GATE, "list_pending"), vector.accepted ? ["0"] : []);
      if (!vector.accepted) deepStrictEqual(chain.snapshot(GATE), before);
    });
  }
});
