import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { progressEventJson } from "@outlayer/workflow";
import { Problem } from "./problem.ts";

/**
 * The name of every event. It is the same for all, so that one listener of a client also gets kinds that a later version adds; the
 * kind is the data's `event`.
 */
const eventName = "progress";

/** Longest life of a stream, milliseconds: its reader reconnects with the last id that it got. */
export const maxAgeMs = 15 * 60_000;

/** Makes a client reconnect this many milliseconds after a break. */
export const retryFrame = "retry: 2000\n\n";
/** A comment that keeps proxies from closing an idle stream. */
export const heartbeatFrame = ": heartbeat\n\n";

/** The event's id is its version, so that `Last-Event-ID` says where to go on. */
export function eventFrame(event: ProgressEvent): string {
  return `id: ${event.version}\nevent: ${eventName}\ndata: ${JSON.stringify(progressEventJson(event))}\n\n`;
}

/**
 * The last version that a reader has seen; 0 for none. A reconnecting client sends `Last-Event-ID` beside the `after` of its first
 * request, so the header takes precedence.
 * @throws Problem 400 for a value that is no version
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
