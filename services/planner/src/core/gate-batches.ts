import { type ClassifiedStep, reasons } from "./lanes.ts";

/**
 * Rejects a whole batch that mixes steps for the gate with steps whose target must see the user: it could be executed only in
 * part. A single step that is both makes its batch such a one.
 */
export function rejectMixedBatches(steps: readonly ClassifiedStep[]): readonly ClassifiedStep[] {
  const batchesOf = (belongs: (step: ClassifiedStep) => boolean) =>
    new Set(steps.filter(belongs).map(({ step }) => step.fields.gate_batch));
  const safe = batchesOf(({ classification }) => classification.lane === "gate_proxy");
  const sensitive = batchesOf(isSensitive);
  return steps.map((classified) => {
    const batch = classified.step.fields.gate_batch;
    const mixed = batch !== undefined && safe.has(batch) && sensitive.has(batch);
    return mixed ? { ...classified, classification: { lane: "reject", reason: reasons.mixedBatch } } : classified;
  });
}

function isSensitive({ step: { fields }, classification: { lane } }: ClassifiedStep): boolean {
  return (
    fields.requires_user_predecessor === true ||
    lane === "direct_user" ||
    (lane === "reject" && fields.route === "gate_proxy")
  );
}
