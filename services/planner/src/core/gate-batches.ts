import { type ClassifiedStep, reasons } from "./lanes.ts";

/**
 * Rejects every step of a batch that holds a step for the gate together with one whose target must see the user: such
 * a batch could only be executed in part. One step that is both makes its batch such a one, alone.
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
