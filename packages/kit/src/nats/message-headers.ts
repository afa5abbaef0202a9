import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { traceHeaders } from "../call-context.ts";

/** Headers of a message that goes on with the trace at hand. */
export function messageHeaders(): MsgHdrs {
  const made = headers();
  for (const [name, value] of Object.entries(traceHeaders())) made.set(name, value);
  return made;
}
