import assert from "node:assert/strict";
import {
  readJsonObject,
  readSequentialBatch,
  readWorkflow,
  sequentialBatchRequestSchema,
  workflowRequestSchema,
} from "@outlayer/workflow";
import { z } from "zod";

type Described = { [key: string]: unknown };

/** Every schema of an object's field in a JSON Schema, with its path. */
function* fieldsOf(schema: unknown, path = ""): Generator<[string, Described]> {
  if (typeof schema !== "object" || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "examples") continue;
    if (key === "properties") {
      for (const [name, field] of Object.entries(value as Described)) yield [`${path}.${name}`, field as Described];
    }
    yield* fieldsOf(value, `${path}/${key}`);
  }
}

describe("the description of the requests", () => {
  for (const schema of [workflowRequestSchema, sequentialBatchRequestSchema]) {
    const { id, examples } = z.globalRegistry.get(schema) ?? {};

    it(`says something of every field of ${id}`, () => {
      const described = z.toJSONSchema(schema, { io: "input" });
      assert.ok([...fieldsOf(described)].length > 10);
      const undescribed = [...fieldsOf(described)].filter(([, field]) => {
        const variants = (field.anyOf as Described[] | undefined) ?? [];
        return ![field, ...variants].some((variant) => typeof variant.description === "string");
      });
      assert.deepEqual(undescribed, []);
    });

    it(`has an example of ${id} that it takes itself, and so do the readers`, () => {
      const [example] = (examples ?? []) as object[];
      assert.ok(schema.safeParse(example).success);
      const document = readJsonObject(JSON.stringify(example));
      assert.doesNotThrow(() =>
        schema === workflowRequestSchema ? readWorkflow(document) : readSequentialBatch(document),
      );
    });
  }

  it("requires of each kind what the reader requires", () => {
    const steps = [
      { kind: "intents.transfer", token: "t", amount: "1", receiver_id: "r" },
      { kind: "intents.swap", token_in: "t", token_out: "u", amount_in: "1" },
      { kind: "intents.execute_raw", intents: [] },
      { kind: "funding.wrap_near" },
      { kind: "funding.intents_deposit" },
      { kind: "funding.balance_check" },
      { kind: "funding.storage_deposit" },
      { kind: "near.function_call" },
      { receiver_id: "r", method_name: "m" },
    ];
    for (const step of steps) {
      assert.ok(workflowRequestSchema.safeParse({ steps: [step] }).success, JSON.stringify(step));
      for (const key of Object.keys(step)) {
        if (key === "kind") continue;
        const { [key]: _, ...without } = step as Described;
        assert.ok(!workflowRequestSchema.safeParse({ steps: [without] }).success, `${key} of ${step.kind}`);
        assert.throws(() => readWorkflow(readJsonObject(JSON.stringify({ steps: [without] }))), /is required$/);
      }
    }
  });
});
