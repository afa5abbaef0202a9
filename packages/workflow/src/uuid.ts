const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Whether a text is a UUID, in either case, as RFC 9562 writes it. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** A request's id as records are filed under: UUIDs are the same in either case (rule: request-id-is-a-uuid). Another text stays as it is. */
export function filedId(requestId: string): string {
  return isUuid(requestId) ? requestId.toLowerCase() : requestId;
}
