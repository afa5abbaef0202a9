import type { Check, Preflight } from "@outlayer/contracts/outlayer/workflow/v1/preflight";
import { endOf } from "./opening.ts";
import type { Plan } from "./plan.ts";

type CheckFields = Omit<Check, "$typeName">;

/** outlayer.workflow.v1.Preflight without the plan. */
export interface Findings {
  readonly ready: boolean;
  readonly abortReasons: string[];
  readonly checks: CheckFields[];
  readonly finalHeight: bigint;
}

/** No checks: the broadcaster was not asked. */
export const noFindings: Findings = { ready: true, abortReasons: [], checks: [], finalHeight: 0n };

/** The broadcaster's checks. @param answer undefined: it does not answer */
export function findingsOf(answer: Preflight | undefined): Findings {
  if (answer === undefined) return withCheck(noFindings, unanswered);
  const { ready, abortReasons, checks, finalHeight } = answer;
  return { ready, abortReasons, checks, finalHeight };
}

const unanswered: CheckFields = {
  name: "broadcaster",
  class: "waiting",
  ok: false,
  expected: "",
  actual: "",
  message: "not checked: the broadcaster does not answer",
};

/** The check that fails where every gate is drained: nothing new is recorded then. */
export function drainedCheck(gateId: string): CheckFields {
  return {
    name: "gate_drained",
    class: "waiting",
    ok: false,
    expected: "takes new workflows",
    actual: "drained",
    message: `gate ${gateId} is drained and takes nothing new`,
  };
}

/** The check whether the workflow would be executed at all. */
export function planCheck(plan: Plan): CheckFields {
  const about = { name: "plan", class: "blocking", expected: "executable" };
  const end = endOf(plan);
  if (end !== undefined) {
    return { ...about, ok: false, actual: end.status ?? "", message: end.userVisibleError ?? "" };
  }
  const rules = plan.unchecked.length === 0 ? "" : `, but for what needs ${plan.unchecked.join(" and ")}`;
  return { ...about, ok: true, actual: "executable", message: `the plan is executable${rules}` };
}

/** Adds a check in front of the others. */
export function withCheck(found: Findings, check: CheckFields): Findings {
  return {
    ready: found.ready && check.ok,
    abortReasons: check.ok ? found.abortReasons : [check.name, ...found.abortReasons],
    checks: [check, ...found.checks],
    finalHeight: found.finalHeight,
  };
}
