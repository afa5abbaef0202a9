import type { ServerResponse } from "node:http";
import type { Disposer, Timers } from "@outlayer/kit";
import { heartbeatFrame } from "../core/event-stream.ts";
import { limits } from "./limits.ts";
import { commonHeaders } from "./reply.ts";

/**
 * Writes frames as they come, and a heartbeat when none comes for a while; ends the response after the last. Reads no faster than
 * the client does; a client that reads nothing between two heartbeats is dropped.
 * @param signal aborted when the client has gone
 */
export async function writeEvents(
  response: ServerResponse,
  frames: AsyncIterable<string>,
  timers: Timers,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    ...commonHeaders,
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-store, no-transform",
    "x-accel-buffering": "no",
  });
  let cancel: Disposer = () => {};
  const beat = () => {
    if (response.writableNeedDrain) {
      response.destroy();
      return;
    }
    response.write(heartbeatFrame);
    cancel = timers.after(limits.heartbeatMs, beat);
  };
  cancel = timers.after(limits.heartbeatMs, beat);
  try {
    for await (const frame of frames) {
      if (signal.aborted) return;
      if (!response.write(frame)) await drained(response, signal);
    }
  } finally {
    cancel();
    response.end();
  }
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      response.off("drain", finish);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    response.on("drain", finish);
    signal.addEventListener("abort", finish);
    if (signal.aborted) finish();
  });
}
