/** A NEP-297 line: `EVENT_JSON:` and compact JSON. */
export function eventLine(standard: string, version: string, event: string, data: unknown): string {
  return `EVENT_JSON:${JSON.stringify({ standard, version, event, data })}`;
}
