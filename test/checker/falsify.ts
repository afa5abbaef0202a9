import { checkRun, type Run } from "./check.ts";
import type { RecordJson, WorkflowEvidence } from "./workflow.ts";

/** One of the workflows, changed; the rest as it is. */
export function withWorkflow(run: Run, index: number, change: (workflow: WorkflowEvidence) => WorkflowEvidence): Run {
  return { ...run, workflows: run.workflows.map((one, at) => (at === index ? change(one) : one)) };
}

export const withRecord = (run: Run, index: number, change: Partial<RecordJson>) =>
  withWorkflow(run, index, (workflow) => ({ ...workflow, record: { ...workflow.record, ...change } }));

/** Each entry of a workflow's log replaced by what is made of its text. */
export const withEntries = (run: Run, index: number, change: (entryJson: string) => readonly string[]) =>
  withWorkflow(run, index, (workflow) => ({
    ...workflow,
    entries: workflow.entries.flatMap((one) => change(one.entryJson).map((entryJson) => ({ ...one, entryJson }))),
  }));

/** Kinds of what the checker finds, each once. */
export const kindsOf = (run: Run) => [...new Set(checkRun(run).map(({ kind }) => kind))];
