const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Whether a text is a UUID, in either case, as RFC 9562 writes it. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** The id that a record is filed under: UUIDs in lower case (rule: request-id-is-a-uuid). Any other text stays as it is. */
export function filedId(requestId: string): string {
  return isUuid(requestId) ? requestId.toLowerCase() : requestId;
}
