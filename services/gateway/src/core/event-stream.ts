import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { progressEventJson } from "@outlayer/workflow";
import { Problem } from "./problem.ts";

/**
 * The name of every event. It is the same for all, so that a client's one listener hears those too that a later
 * version adds; what happened is in the data's `event`.
 */
export const eventName = "progress";

/** How old a stream becomes, milliseconds: its reader then comes back with the last id it got. */
export const maxAgeMs = 15 * 60_000;

/** Tells a client to come back so many milliseconds after a break. */
export const retryFrame = "retry: 2000\n\n";
/** A comment: it keeps proxies from closing a stream on which nothing happens. */
export const heartbeatFrame = ": heartbeat\n\n";

/** Its id is the version, so that `Last-Event-ID` says where to go on. */
export function eventFrame(event: ProgressEvent): string {
  return `id: ${event.version}\nevent: ${eventName}\ndata: ${JSON.stringify(progressEventJson(event))}\n\n`;
}

/**
 * The version that a reader has seen last; 0 for none. A client that comes back sends `Last-Event-ID` beside the
 * `after` of its first request, so the header counts.
 * @throws Problem 400 for what is no version
 */
export function versionSeen(lastEventId: string | undefined, after: readonly string[]): number {
  if (lastEventId !== undefined && lastEventId !== "") return version("Last-Event-ID", [lastEventId]);
  return after.length === 0 ? 0 : version("after", after);
}

function version(name: string, [value = "", ...others]: readonly string[]): number {
  if (others.length > 0 || !/^\d{1,15}$/.test(value)) {
    throw new Problem(400, `${name} must be the id of an event: a decimal integer`);
  }
  return Number(value);
}
