import assert from "node:assert/strict";
import { forbiddenFields, readSequentialBatch, readWorkflow, refuseSigningFields } from "@outlayer/workflow";

describe("signing material in a request", () => {
  for (const key of forbiddenFields) {
    it(`is refused as ${key}, with the path of the object that holds it`, () => {
      assert.throws(() => refuseSigningFields({ steps: [{ [key]: "x" }] }), {
        name: "InvalidRequest",
        message: `wallet workflow must not include raw signing field ${key} at $.steps[0]`,
      });
    });
  }

  const places: readonly (readonly [string, Parameters<typeof refuseSigningFields>[0], string])[] = [
    ["at the top", { private_key: null }, "$"],
    ["in arguments", { calls: [{ args_json: { a: [[{ private_key: 1 }]] } }] }, "$.calls[0].args_json.a[0][0]"],
    ["under an unknown field", { "my notes": { private_key: "" } }, '$["my notes"]'],
    ["twice, at the first", { a: { private_key: 1 }, b: { private_key: 1 } }, "$.a"],
  ];
  for (const [name, document, place] of places) {
    it(`is found ${name}`, () => {
      assert.throws(() => refuseSigningFields(document), {
        message: `wallet workflow must not include raw signing field private_key at ${place}`,
      });
    });
  }

  it("is not looked for in texts, values or longer keys", () => {
    refuseSigningFields({ steps: [{ args_json: '{"private_key":"x"}', a: "private_key", private_key_id: "1" }] });
  });

  it("is refused in workflows and batches alike, before anything else is read", () => {
    const message = "wallet workflow must not include raw signing field delegate_action at $";
    assert.throws(() => readWorkflow({ steps: 5, delegate_action: {} }), { message });
    assert.throws(() => readSequentialBatch({ delegate_action: {} }), { message });
  });
});
