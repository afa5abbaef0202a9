import type { preflightSchema } from "@outlayer/workflow";
import type { z } from "zod";
import type { Example, Named } from "../types.ts";
import { transferPlan } from "./plans.ts";

type PreflightExample = z.infer<typeof preflightSchema>;
type CheckExample = PreflightExample["checks"][number];

const rpc = {
  name: "rpc",
  class: "waiting",
  ok: true,
  expected: "mainnet",
  actual: "mainnet",
  message: "NEAR's RPC answers, and its final block is 200000124",
} satisfies CheckExample;

const whitelisted = {
  name: "relayer_whitelisted",
  class: "blocking",
  ok: true,
  expected: "whitelisted",
  actual: "whitelisted",
  message: "the gate accepts relayer.sequential.near as a relayer",
} satisfies CheckExample;

const stuck = {
  name: "gate_tail",
  class: "waiting",
  ok: false,
  expected: "empty, or ours",
  actual: "41,42",
  message: "the gate is stuck: its owner has to reset the batch tail",
} satisfies CheckExample;

const plan = {
  name: "plan",
  class: "blocking",
  ok: true,
  expected: "executable",
  actual: "executable",
  message: "the plan is executable",
} satisfies CheckExample;

const short = {
  name: "wallet_tokens",
  class: "blocking",
  ok: false,
  expected: "1000 of nep141:wrap.near",
  actual: "7 of nep141:wrap.near",
  message: "step 1 of 1 moves 1000 of nep141:wrap.near, but only 7 would be left in the verifier by then",
} satisfies CheckExample;

const ready = {
  ready: true,
  abort_reasons: [],
  checks: [rpc, whitelisted],
  final_height: 200000124,
  plan: null,
} satisfies PreflightExample;

export const gatePreflights: Named<Example> = {
  ready: { summary: "Gate and operator are ready (not all checks are shown)", value: ready },
  stuck: {
    summary: "The gate is stuck",
    value: { ...ready, ready: false, abort_reasons: ["gate_tail"], checks: [rpc, stuck] } satisfies PreflightExample,
  },
};

export const workflowPreflights: Named<Example> = {
  ready: {
    summary: "It would succeed (not all checks are shown)",
    value: { ...ready, checks: [plan, rpc, whitelisted], plan: transferPlan } satisfies PreflightExample,
  },
  short: {
    summary: "The wallet does not hold what it would send",
    value: {
      ...ready,
      ready: false,
      abort_reasons: ["wallet_tokens"],
      checks: [plan, rpc, short],
      plan: transferPlan,
    } satisfies PreflightExample,
  },
};
