import type { ChainFacts, Dispatched, Submitted } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { ReceiptJson, StepFacts, WorkflowFacts } from "../workflow.ts";

/** What the record of a workflow that has ended says is what is on the chain. */
export function checkTruth(chain: ChainFacts, workflow: WorkflowFacts): Violation[] {
  const { requestId, record, steps, isEnded } = workflow;
  if (!isEnded) return [];
  const wrong = [
    ...checkStatus(workflow),
    ...steps.flatMap((step) => checkStep(chain, workflow, step)),
    ...checkResumes(chain, workflow),
  ];
  return wrong.map((sentence) => ({ kind: "untrue", requestId, sentence: `${record.status}: ${sentence}` }));
}

function checkStatus({ record, steps, userCall }: WorkflowFacts): string[] {
  const outcomes = record.step_outcomes.map((step) => step?.outcome ?? "none");
  const wrong: string[] = [];
  const undecided = outcomes.findIndex((outcome) => ["in_progress", "still_possible", "none"].includes(outcome));
  if (undecided !== -1) wrong.push(`step ${undecided} is ${outcomes[undecided]} at the end`);
  const allSucceeded = steps.length > 0 && outcomes.every((outcome) => outcome === "succeeded");
  if (userCall === undefined && (record.status === "succeeded") !== allSucceeded)
    wrong.push(`its steps are ${outcomes.join()}`);
  if (record.status !== "succeeded" && record.user_visible_error === null) wrong.push("it does not say why");
  return wrong;
}

function checkStep(chain: ChainFacts, workflow: WorkflowFacts, step: StepFacts): string[] {
  const { record } = workflow;
  const name = `step ${step.index}`;
  const outcome = record.step_outcomes[step.index];
  const intents = [...chain.submitted.values()].filter(({ delegate }) => step.delegates.includes(delegate));
  const all = intents.flatMap(({ place }) => chain.dispatched.get(place) ?? []);
  const executed = new Set(chain.executed.map(({ intentHash }) => intentHash));
  const wasExecuted = step.intentHashes.some((hash) => executed.has(hash));
  const isForgotten = record.fees.forgotten_tx_hashes.includes(record.submit_tx_hashes[step.index] ?? "");
  const receipt = record.dispatch_receipts[step.index] ?? null;
  const height = record.dispatch_block_heights[step.index] ?? null;
  const isWithoutUs = receipt === null && ["not_executed", "succeeded_elsewhere"].includes(outcome?.outcome ?? "");
  const dispatches = isWithoutUs ? all.filter((dispatch) => !wasDead(chain, workflow, step, dispatch)) : all;
  return [
    ...checkIntent(record.intent_ids[step.index] ?? null, intents, name),
    ...checkGate(record.gate_id, intents, name),
    ...checkOutcome(outcome ?? null, dispatches, { ...step, isForgotten, wasExecuted }, name),
    ...checkOwn(outcome?.outcome, step, executed, name),
    ...(isForgotten && receipt === null ? [] : checkReceipt(receipt, height, dispatches, name)),
  ];
}

/**
 * Whether the step's payload was over when the gate called the verifier, which then refused it, so that nothing moved: anybody who
 * holds the approver's key can resume an intent long after the workflow's end. A resume of ours may have landed that the only fresh
 * endpoint left out, where the others stand still (rule: dead-is-unknown-to-every-endpoint).
 */
function wasDead(chain: ChainFacts, workflow: WorkflowFacts, step: StepFacts, { height, result }: Dispatched): boolean {
  if (!step.isPayload || result.kind !== "failure") return false;
  const isCancelled = workflow.cancelled.some((one) => one.steps.includes(step.index) && one.height < height);
  const ofTerms = workflow.terms.flatMap((terms) => (terms.step === step.index ? [terms.deadlineMs] : []));
  const deadlines = step.own.length > 0 ? step.own.map(({ deadlineMs }) => deadlineMs) : ofTerms;
  return isCancelled || (deadlines.length > 0 && Math.max(...deadlines) < chain.timeOf(height));
}

function checkIntent(intentId: string | null, intents: readonly Submitted[], name: string): string[] {
  if (intentId === null || intents.some((intent) => intent.intentId === intentId)) return [];
  return [`${name} has the intent id ${intentId}, and the gate knows it as ${intents.map((one) => one.intentId)}`];
}

/** A delegate is bound to no gate, so only the log can bind it (rule: a-workflow-keeps-its-gate). */
function checkGate(said: string | null, intents: readonly Submitted[], name: string): string[] {
  return intents
    .filter(({ gateId }) => gateId !== said)
    .map(({ gateId }) => `${name} is of ${said}, and went to ${gateId}`);
}

function checkOutcome(
  said: { readonly outcome: string; readonly error: string | null } | null,
  dispatches: readonly Dispatched[],
  { isPayload, isForgotten, wasExecuted }: StepFacts & { readonly isForgotten: boolean; readonly wasExecuted: boolean },
  name: string,
): string[] {
  const succeeded = dispatches.some(({ result }) => result.kind === "value");
  switch (said?.outcome) {
    case "succeeded":
      return succeeded ? [] : [`${name} is said to have succeeded`];
    case "succeeded_elsewhere":
      if (succeeded && !isForgotten) return [`${name} succeeded here, not elsewhere`];
      if (!isPayload) return [`${name} has no payload that could have been carried elsewhere`];
      return wasExecuted ? [] : [`${name} is said to have succeeded elsewhere, and its payload was never executed`];
    // What became of a receipt that succeeded is judged beside this.
    case "refunded":
      return succeeded ? [] : [`${name} is said to be refunded, and did not run`];
    case "failed_on_chain": {
      if (succeeded) return [];
      const failure = dispatches.find(({ result }) => result.kind === "failure")?.result;
      if (failure?.kind !== "failure") return [`${name} is said to have failed on chain, and did not`];
      const text = JSON.stringify(said.error ?? "").slice(1, -1);
      return failure.text.includes(text) ? [] : [`${name} failed with ${failure.text}, not ${said.error}`];
    }
    case "not_executed":
      return dispatches.length === 0 ? [] : [`${name} is said not to have been executed, and was dispatched`];
    case "unknowable":
      // Of a payload the verifier may have forgotten the nonce.
      return isForgotten || isPayload ? [] : [`${name} is said to be unknowable, and nodes remember it`];
    default:
      return [];
  }
}

/** Of payloads that a session has signed itself: whether all, some or none were executed, whoever carried them. */
function checkOwn(
  outcome: string | undefined,
  { own, intentHashes }: StepFacts,
  executed: ReadonlySet<string>,
  name: string,
): string[] {
  if (own.length === 0) return [];
  const count = intentHashes.filter((hash) => executed.has(hash)).length;
  const isTrue = {
    succeeded: count === own.length,
    succeeded_elsewhere: count === own.length,
    partly_elsewhere: count > 0 && count < own.length,
    not_executed: count === 0,
    failed_on_chain: count === 0,
  }[outcome ?? ""];
  return isTrue === false ? [`${name} is ${outcome}, and ${count} of its ${own.length} payloads were executed`] : [];
}

function checkReceipt(
  receipt: ReceiptJson | null,
  height: number | null,
  dispatches: readonly Dispatched[],
  name: string,
): string[] {
  const [dispatch] = dispatches;
  if (receipt === null) return dispatch === undefined ? [] : [`${name} was dispatched, and has no receipt`];
  const target = dispatch?.target;
  if (dispatch === undefined || target === undefined) return [`${name} has a receipt, and was not dispatched`];
  const expected = {
    intent_id: dispatch.intentId,
    receipt_id: target.id,
    receiver_id: target.executorId,
    method_name: target.method,
    block_height: target.height,
    status: dispatch.result.kind === "value" ? "success" : "failure",
    logs: target.logs.join("\n"),
  };
  const said = { ...receipt, logs: receipt.logs.join("\n") };
  const wrong = Object.entries(expected).flatMap(([field, value]) =>
    said[field as keyof typeof expected] === value
      ? []
      : [`${name}: ${field} is ${value}, not ${said[field as never]}`],
  );
  return height === dispatch.height ? wrong : [...wrong, `${name} was dispatched at ${dispatch.height}, not ${height}`];
}

function checkResumes({ transactions }: ChainFacts, { record, resumes }: WorkflowFacts): string[] {
  const wrong: string[] = [];
  const { resume_tx_hash: hash } = record;
  const receipt = hash === null ? undefined : transactions.get(hash)?.receipts[0];
  if (hash !== null && (receipt === undefined || receipt.status.kind === "failure")) {
    wrong.push(`the resume ${hash} did not run`);
  }
  const logged = resumes.map((resume) => resume.hash).join();
  if (record.resume_tx_hashes.join() !== logged)
    wrong.push(`its resumes are ${logged}, not ${record.resume_tx_hashes}`);
  return wrong;
}
