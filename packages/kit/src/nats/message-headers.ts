import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { traceHeaders } from "../call-context.ts";

/** Headers that carry the current trace with a message. */
export function messageHeaders(): MsgHdrs {
  const made = headers();
  for (const [name, value] of Object.entries(traceHeaders())) made.set(name, value);
  return made;
}
