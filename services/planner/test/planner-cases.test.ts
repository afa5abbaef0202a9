import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { PlanSchema } from "@outlayer/contracts/outlayer/workflow/v1/plan";
import { planJson } from "@outlayer/workflow";
import { planOf } from "./support/planning.ts";

interface PublishedCase {
  readonly name: string;
  readonly steps: readonly object[];
  readonly lanes: readonly string[];
  readonly accepted: boolean;
  readonly oracle_steps: readonly object[];
}

const { cases } = JSON.parse(readFileSync(new URL("./fixtures/planner-cases.json", import.meta.url), "utf8")) as {
  cases: readonly PublishedCase[];
};

describe("the published planner cases", () => {
  for (const { name, steps, lanes, accepted, oracle_steps } of cases) {
    it(`${name}`, () => {
      const { plan } = planOf(steps);
      assert.deepEqual(
        plan.steps.map(({ lane }) => lane),
        lanes,
      );
      assert.equal(plan.accepted, accepted);
      assert.deepEqual(planJson(create(PlanSchema, plan)).steps, oracle_steps);
    });
  }
});
