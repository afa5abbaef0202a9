import type { EventInit } from "./action.ts";

/** What several workflows share of what was read on NEAR. */
export type Cache = "kept_answers" | "fee_tiers" | "salt";

/** What an event of one workflow shows to be out of date for all. */
export function staleAfter(event: EventInit): readonly Cache[] {
  switch (event.case) {
    case "resumeRefused":
    case "submissionRefused":
      return ["kept_answers", "fee_tiers"];
    case "stepResolved":
      return event.value.receipt?.status === "success" ? [] : ["kept_answers", "salt"];
    default:
      return [];
  }
}
