import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { PlanSchema } from "@outlayer/contracts/outlayer/workflow/v1/plan";
import { RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import {
  errorBodySchema,
  errorCodes,
  planJson,
  planSchema,
  progressEventJson,
  progressEventSchema,
  recordErrorBodySchema,
  recordJson,
  recordSchema,
  statuses,
} from "@outlayer/workflow";
import fc from "fast-check";
import { z } from "zod";
import { fields, height, maybe, outcome, plan, queue, record, some, succeeded, text, time } from "./support/records.ts";

describe("the description of the record", () => {
  /** With no field beside those described. */
  const exactly = (schema: z.ZodObject) => schema.strict();

  it("fits every record, with no field missing and none beside", () => {
    fc.assert(
      fc.property(record, (init) => {
        exactly(recordSchema).parse(recordJson(create(RecordSchema, init)));
      }),
    );
  });

  it("fits every plan", () => {
    fc.assert(
      fc.property(plan, (init) => {
        fc.pre(init.accepted === true);
        exactly(planSchema).parse(planJson(create(PlanSchema, init)));
      }),
    );
  });

  it("fits every progress event", () => {
    const event = fields({
      requestId: text,
      version: height.filter((version) => version > 0n),
      at: time,
      event: text,
      status: fc.constantFrom(...statuses),
      terminal: fc.boolean(),
      queue: maybe(queue),
      submitTxHashes: some(text),
      intentIds: some(text),
      resumeTxHash: maybe(text),
      dispatchBlockHeights: some(height),
      stepOutcomes: some(outcome),
      errorCode: maybe(fc.constantFrom(...errorCodes)),
      userVisibleError: maybe(text),
      headHash: text,
    });
    fc.assert(
      fc.property(event, (init) => {
        exactly(progressEventSchema).parse(progressEventJson(create(ProgressEventSchema, init)));
      }),
    );
  });

  it("is the same of a log from before requests were kept as text", () => {
    const { originalRequestText: _sent, workflowText: _planned, ...rest } = succeeded;
    const original = { steps: [{ kind: "intents.transfer", note: null }] };
    const former = create(RecordSchema, { ...rest, originalRequestJson: original, workflowJson: { steps: [] } });
    assert.deepEqual(recordJson(former), recordJson(create(RecordSchema, succeeded)));
  });

  it("fits an error with the whole record, whose status is the record's", () => {
    const message = "steps[0].amount must be greater than zero";
    const problem = { error: message, message, type: "about:blank", title: "Bad Request", detail: message };
    const json = recordJson(create(RecordSchema, { ...succeeded, status: "rejected" }));
    recordErrorBodySchema.parse({ ...json, ...problem, instance: "/wallet/v1/workflows/execute" });
    errorBodySchema.parse({ ...problem, instance: "/wallet/v1/workflows/execute", status: 400 });
  });

  it("can be said in JSON Schema, all of it", () => {
    for (const schema of [recordSchema, planSchema, progressEventSchema, errorBodySchema, recordErrorBodySchema]) {
      assert.doesNotThrow(() => z.toJSONSchema(schema));
    }
  });
});
