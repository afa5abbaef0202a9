import { formatPlace, type Place } from "./place.ts";

/** The rule that a request breaks. Programs match on these, so they do not change. */
export type InvalidReason = "INVALID_JSON" | "SIGNING_FIELD" | "IDEMPOTENCY_KEYS_DIFFER" | "IDEMPOTENCY_KEY_INVALID";

/**
 * A request that cannot be read: HTTP 400, no record (rule: unreadable-leaves-no-record). The message names the place and
 * may be shown to the caller.
 */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly reason: InvalidReason;
  /** The place at fault, e.g. `steps[0].amount`; undefined for the whole document. */
  readonly field: string | undefined;

  constructor(message: string, reason: InvalidReason, place: Place = []) {
    super(message);
    this.reason = reason;
    this.field = place.length === 0 ? undefined : formatPlace(place, "");
  }
}

/** @param problem what is wrong and where, e.g. `steps[0].amount is required` */
export function invalidJson(problem: string, place: Place = []): InvalidRequest {
  return new InvalidRequest(`invalid workflow JSON: ${problem}`, "INVALID_JSON", place);
}
