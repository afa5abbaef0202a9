import type { EventInit } from "./action.ts";

/** Readings of NEAR that several workflows share. */
export type Cache = "kept_answers" | "fee_tiers" | "salt";

/** The shared readings that an event of one workflow makes out of date. */
export function staleAfter(event: EventInit): readonly Cache[] {
  switch (event.case) {
    case "resumeRefused":
    case "submissionRefused":
      return ["kept_answers", "fee_tiers"];
    case "stepResolved":
      if (event.value.receipt?.status !== "success") return ["kept_answers", "salt"];
      return event.value.outcome?.outcome === "succeeded" ? [] : ["kept_answers"];
    default:
      return [];
  }
}
