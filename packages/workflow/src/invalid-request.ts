import { formatPlace, type Place } from "./place.ts";

/** Which rule a request breaks. Programs tell them apart by these: they stay as they are. */
export type InvalidReason = "INVALID_JSON" | "SIGNING_FIELD" | "IDEMPOTENCY_KEYS_DIFFER" | "IDEMPOTENCY_KEY_INVALID";

/**
 * A request that cannot be read: HTTP 400, no record (rule: unreadable-leaves-no-record). The message names the place and
 * may be shown to the caller.
 */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly reason: InvalidReason;
  /** Where the fault is, e.g. `steps[0].amount`; undefined where it is the whole. */
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
