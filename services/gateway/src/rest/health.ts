import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";

/** Whether the process lives. */
export const healthz: Endpoint = {
  method: "GET",
  path: "/healthz",
  access: "anybody",
  handle: async () => jsonAnswer(200, { status: "alive" }),
};

/** Whether it takes requests: from start to stop, and outside that nothing listens. Asks no other service. */
export const readyz: Endpoint = {
  method: "GET",
  path: "/readyz",
  access: "anybody",
  handle: async () => jsonAnswer(200, { status: "ready" }),
};
