import assert from "node:assert/strict";
import { describeShapes } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

interface Message {
  readonly deadline: string;
  readonly intents: readonly { readonly intent: string; readonly memo?: string }[];
}

function messageOf(signed: string): Message {
  const { payload } = JSON.parse(signed) as { readonly payload: { readonly message: string } };
  return JSON.parse(payload.message);
}

describeShapes("fields of a typed step that intents know", (shape) => {
  it("memo and deadline of a transfer are in what is signed (rule: known-field-is-never-dropped)", () =>
    withSystem({ shape }, async (system) => {
      // Sooner than what the operator allows by itself.
      const deadline = new Date(Date.now() + 120_000).toISOString();
      const { body: record } = await system.rest().execute([{ ...dust, memo: "rent", deadline }, dust]);
      assert.equal(record.status, "succeeded");
      const [first, second] = (record.signed_nep413_payloads as readonly string[]).map(messageOf);
      assert.deepEqual(
        first?.intents.map(({ intent, memo }) => [intent, memo]),
        [["transfer", "rent"]],
      );
      assert.deepEqual(
        second?.intents.map(({ intent, memo }) => [intent, memo]),
        [["transfer", undefined]],
      );
      assert.ok(Date.parse(first?.deadline ?? "") <= Date.parse(deadline), first?.deadline);
      assert.ok(Date.parse(second?.deadline ?? "") > Date.parse(deadline), second?.deadline);
    }));
});
