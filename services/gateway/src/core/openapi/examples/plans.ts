import type { planSchema } from "@outlayer/workflow";
import type { z } from "zod";
import type { Example, Named } from "../types.ts";

type PlanExample = z.infer<typeof planSchema>;

export const transferPlan = {
  accepted: true,
  executable: true,
  steps: [
    {
      lane: "gate_proxy",
      predecessor_model: "gate",
      ordering_model: "gate_chained",
      receiver_id: "intents.near",
      method_name: "execute_intents",
      policy_type: "call",
    },
  ],
  setup_requirements: [],
  unchecked: [],
  gate_id: "gate.sequential.near",
  estimates: {
    chained: { gate_fee_yocto: "30000000000000000000000", attached_gas: "350000000000000", expected_blocks: 8 },
    stepwise: { gate_fee_yocto: "30000000000000000000000", attached_gas: "350000000000000", expected_blocks: 8 },
  },
} satisfies PlanExample;

const refusedPlan = {
  accepted: false,
  executable: false,
  steps: [
    {
      lane: "reject",
      predecessor_model: "none",
      ordering_model: "none",
      receiver_id: "count.mike.near",
      method_name: "increase",
      policy_type: "reject",
      reason: "ambiguous normal calls must be classified before policy checks or signing",
    },
  ],
  setup_requirements: [],
  unchecked: [],
  gate_id: null,
  estimates: null,
} satisfies PlanExample;

export const planExamples: Named<Example> = {
  executable: { summary: "A transfer goes through the gate", value: transferPlan },
  refused: { summary: "A call that nobody vouches for", value: refusedPlan },
};
