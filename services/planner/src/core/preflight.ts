import type { Check, Preflight } from "@outlayer/contracts/outlayer/workflow/v1/preflight";
import { endOf } from "./opening.ts";
import type { Plan } from "./plan.ts";

type CheckFields = Omit<Check, "$typeName">;

/** As outlayer.workflow.v1.Preflight, but for the plan. */
export interface Found {
  readonly ready: boolean;
  readonly abortReasons: string[];
  readonly checks: CheckFields[];
  readonly finalHeight: bigint;
}

/** Nobody was asked. */
export const nothingFound: Found = { ready: true, abortReasons: [], checks: [], finalHeight: 0n };

/** What the broadcaster found. @param answer undefined: it does not answer */
export function foundBy(answer: Preflight | undefined): Found {
  if (answer === undefined) return withCheck(nothingFound, unanswered);
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

/** Whether the workflow would be executed at all. */
export function planCheck(plan: Plan): CheckFields {
  const about = { name: "plan", class: "blocking", expected: "executable" };
  const end = endOf(plan);
  if (end !== undefined) {
    return { ...about, ok: false, actual: end.status ?? "", message: end.userVisibleError ?? "" };
  }
  const rules = plan.unchecked.length === 0 ? "" : `, but for what needs ${plan.unchecked.join(" and ")}`;
  return { ...about, ok: true, actual: "executable", message: `the plan is executable${rules}` };
}

/** The same with one more check, which comes first. */
export function withCheck(found: Found, check: CheckFields): Found {
  return {
    ready: found.ready && check.ok,
    abortReasons: check.ok ? found.abortReasons : [check.name, ...found.abortReasons],
    checks: [check, ...found.checks],
    finalHeight: found.finalHeight,
  };
}
