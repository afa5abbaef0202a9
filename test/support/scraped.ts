import assert from "node:assert/strict";

/** One sample of a metric. */
interface Sample {
  /** As they stand in the text: `endpoint="#1",outcome="answered"`. */
  readonly labels: string;
  readonly value: number;
}

/** The text of a service's metrics. @param httpUrl of its clear port */
export async function scrape(httpUrl: string): Promise<string> {
  const response = await fetch(`${httpUrl}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^application\/openmetrics-text; version=1\.0\.0/);
  return response.text();
}

/** All samples of one name, e.g. `rpc_server_refusals_total`. A text is up to a second old. */
export function samplesOf(text: string, name: string): readonly Sample[] {
  return text.split("\n").flatMap((line) => {
    const [, of, labels = "", value] = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return of === name ? [{ labels, value: Number(value) }] : [];
  });
}
