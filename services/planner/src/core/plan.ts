import type { Step } from "@outlayer/workflow";
import { nonceKey, sameNonceText } from "./carried-payloads.ts";
import { sameQuoteText } from "./deposit-quote.ts";
import { estimatesOf, type PlanEstimates } from "./estimates.ts";
import { type FactName, type Facts, type Limits, noFacts } from "./facts.ts";
import { rejectMixedBatches } from "./gate-batches.ts";
import { gateCall } from "./gate-call.ts";
import { callCountReason, chainLengthReason, harmReason } from "./gate-limits.ts";
import { type Classification, type ClassifiedStep, classify, type Lane, shownTarget } from "./lanes.ts";
import { tooManyOwnPayloads } from "./own-payloads.ts";
import type { GateCallInit } from "./payload.ts";
import { directUserSetup, fundingSetup } from "./setup.ts";
import type { VerifiedPayload } from "./signed-payload.ts";

/** Steps to plan, and the caller's name for the list: `steps`, or `calls` in a sequential batch. */
export interface PlanRequest {
  readonly steps: readonly Step[];
  readonly name: "steps" | "calls";
  /** Whether a failed step ends the workflow. If so, each step is resumed by itself, whatever it calls. */
  readonly haltOnFailure?: boolean;
  /** The account that signed in; undefined for a wallet of the operator's. */
  readonly session?: string | undefined;
}

/** See outlayer.workflow.v1.Plan. */
export interface Plan {
  readonly accepted: boolean;
  readonly executable: boolean;
  readonly steps: PlannedStep[];
  readonly setupRequirements: SetupRequirement[];
  /** Facts that bear on the plan and are not known; empty unless it is executable without them. */
  readonly unchecked: FactName[];
  /** Absent unless the plan is executable. */
  readonly estimates?: PlanEstimates;
  /** The gate that would carry it; absent unless the plan is executable. */
  readonly gateId?: string;
}

export interface PlannedStep {
  readonly lane: Lane;
  readonly predecessorModel: "gate" | "wallet" | "view" | "user" | "none";
  readonly orderingModel: "gate_chained" | "gate_stepwise" | "normal_tx_or_view" | "single_tx_atomic" | "none";
  readonly receiverId: string;
  readonly methodName: string;
  readonly policyType: "call" | "setup" | "direct_user" | "reject";
  readonly reason?: string;
}

export interface SetupRequirement {
  /** Index of the step, from 0. */
  readonly step: number;
  readonly requirement: string;
  readonly route?: string;
}

/** A plan, and the calls to execute it. */
export interface Planning {
  readonly plan: Plan;
  /** One per step, in order; none unless the plan is executable. */
  readonly calls: GateCallInit[];
  /** Whether each step is resumed by itself. */
  readonly stepwise: boolean;
  /** Payloads signed before they came here, of which the verifier's word was not known. */
  readonly uncheckedPayloads: readonly VerifiedPayload[];
  /** Whether a step hangs on the chain's time, which was not known. */
  readonly uncheckedTime: boolean;
}

/**
 * Plans a request. Total and pure: the same steps, facts and limits always give the same plan, in whatever order the fields were
 * written. A plan that is not executable whatever the facts are is the same with any.
 */
export function plan(request: PlanRequest, facts: Facts, limits: Limits): Planning {
  const planning = planWith(request, facts, limits);
  if (planning.plan.executable) return planning;
  const blind = planWith(request, noFacts, limits);
  return blind.plan.executable ? planning : blind;
}

function planWith(request: PlanRequest, facts: Facts, limits: Limits): Planning {
  const { steps, name, session } = request;
  const { stepwise, classified: lanes } = classifyAll(request, facts, limits);
  const placed = lanes.map((classified, index) => {
    return { ...classified, index, place: `${name}[${index}]` };
  });
  const setupRequirements: SetupRequirement[] = [];
  const calls: GateCallInit[] = [];
  const carried = new Map<string, VerifiedPayload>();
  const quotes = new Map<string, string>();
  let accountUnchecked = false;
  let quoteUnchecked = false;
  let uncheckedTime = false;
  for (const { step, classification, index, place } of placed) {
    switch (classification.lane) {
      case "gate_proxy": {
        const built = gateCall(step, place, facts, limits, session);
        if (built.problem !== undefined) {
          setupRequirements.push({ step: index, requirement: built.problem });
          break;
        }
        const repeated = built.carried?.find((one) => carried.has(nonceKey(one)));
        if (repeated !== undefined) {
          const requirement = sameNonceText(repeated, carried.get(nonceKey(repeated)));
          setupRequirements.push({ step: index, requirement });
          break;
        }
        const { quoted } = built;
        const earlier = quoted === undefined ? undefined : quotes.get(quoted.address);
        if (quoted !== undefined && earlier !== undefined) {
          setupRequirements.push({ step: index, requirement: sameQuoteText(quoted.place, earlier) });
          break;
        }
        if (quoted !== undefined) quotes.set(quoted.address, quoted.place);
        for (const one of built.carried ?? []) carried.set(nonceKey(one), one);
        calls.push(built.value);
        accountUnchecked ||= built.accountUnchecked;
        quoteUnchecked ||= built.quoteUnchecked ?? false;
        uncheckedTime ||= built.timeUnchecked ?? false;
        break;
      }
      case "funding_setup":
        setupRequirements.push({ step: index, ...fundingSetup(step, place, limits) });
        break;
      case "direct_user":
        setupRequirements.push({ step: index, ...directUserSetup(place) });
        break;
      case "reject":
        break;
    }
  }
  const executable = steps.length > 0 && calls.length === steps.length;
  const uncheckedPayloads = facts.verifier === undefined ? [...carried.values()] : [];
  const unchecked: FactName[] = [];
  if (executable && accountUnchecked) unchecked.push("wallet_account");
  if (executable && facts.feeTiers === undefined) unchecked.push("gate_fee_tiers");
  if (executable && uncheckedPayloads.length > 0) {
    unchecked.push(session === undefined ? "counterparty_payloads" : "own_payloads");
  }
  if (executable && quoteUnchecked) unchecked.push("deposit_quote");
  if (executable && uncheckedTime) unchecked.push("chain_time");
  return {
    plan: {
      accepted: placed.every(({ classification }) => classification.lane !== "reject"),
      executable,
      steps: placed.map(({ step, classification }) => plannedStep(step, classification, stepwise, limits)),
      setupRequirements,
      unchecked,
      ...(executable ? { estimates: estimatesOf(calls.length, stepwise, facts) } : {}),
    },
    calls: executable ? calls : [],
    stepwise,
    uncheckedPayloads,
    uncheckedTime,
  };
}

/** Published rules come first, those for batches included; then what they let through is checked for harm to the gate. */
function classifyAll(
  { steps, name, haltOnFailure = false }: PlanRequest,
  facts: Facts,
  limits: Limits,
): { readonly stepwise: boolean; readonly classified: readonly ClassifiedStep[] } {
  const published = rejectMixedBatches(steps.map((step) => ({ step, classification: classify(step, limits) })));
  const single = published.map((classified, index) =>
    rejectGateStep(classified, harmReason(classified.step, `${name}[${index}]`, limits)),
  );
  const gateSteps = single.filter(({ classification }) => classification.lane === "gate_proxy");
  const stepwise = haltOnFailure || !gateSteps.every(({ step }) => mayBeChained(step, limits));
  const tooLong =
    tooManyOwnPayloads(steps, name) ??
    (stepwise ? callCountReason(gateSteps.length) : chainLengthReason(gateSteps.length, facts));
  return { stepwise, classified: single.map((classified) => rejectGateStep(classified, tooLong)) };
}

/** Whether a step's target answers at once, so that a chain with it holds up nobody (rule: chain-is-for-targets-that-answer). */
function mayBeChained(step: Step, limits: Limits): boolean {
  const { receiverId } = shownTarget(step, limits);
  return receiverId === limits.verifierId || limits.chainReceivers.includes(receiverId);
}

function rejectGateStep(classified: ClassifiedStep, reason: string | undefined): ClassifiedStep {
  if (reason === undefined || classified.classification.lane !== "gate_proxy") return classified;
  return { ...classified, classification: { lane: "reject", reason } };
}

function plannedStep(step: Step, classification: Classification, stepwise: boolean, limits: Limits): PlannedStep {
  const target = shownTarget(step, limits);
  const { lane } = classification;
  switch (classification.lane) {
    case "gate_proxy": {
      const orderingModel = stepwise ? "gate_stepwise" : "gate_chained";
      return { lane, predecessorModel: "gate", orderingModel, ...target, policyType: "call" };
    }
    case "funding_setup": {
      const predecessorModel = classification.view ? "view" : "wallet";
      return { lane, predecessorModel, orderingModel: "normal_tx_or_view", ...target, policyType: "setup" };
    }
    case "direct_user":
      return {
        lane,
        predecessorModel: "user",
        orderingModel: "single_tx_atomic",
        ...target,
        policyType: "direct_user",
      };
    case "reject": {
      const { reason } = classification;
      return { lane, predecessorModel: "none", orderingModel: "none", ...target, policyType: "reject", reason };
    }
  }
}
