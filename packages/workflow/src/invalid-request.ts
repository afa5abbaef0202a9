/** A request that cannot be read: HTTP 400, no record. The message names the place and may be shown to the caller. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
}

/** @param problem what is wrong and where, e.g. `steps[0].amount is required` */
export function invalidJson(problem: string): InvalidRequest {
  return new InvalidRequest(`invalid workflow JSON: ${problem}`);
}
