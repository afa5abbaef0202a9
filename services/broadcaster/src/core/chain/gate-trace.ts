import { field, integer, type Json, list, object, parse, string } from "./json.ts";

/** A trace event in the gate's logs. Ids and numbers are decimal text. */
export type TraceEvent =
  | { readonly ev: "intent_submitted"; readonly id: string }
  | { readonly ev: "batch_started"; readonly first_id: string }
  | { readonly ev: "intent_dispatched"; readonly id: string }
  | { readonly ev: "chain_continued"; readonly next_id: string | undefined }
  | { readonly ev: "intent_resolved_err"; readonly id: string; readonly reason: string }
  | { readonly ev: "intent_resumed"; readonly id: string; readonly approve: boolean };

/**
 * Reads the trace events of one receipt. The caller has checked that the gate executed it and that it succeeded: logs of a failed
 * receipt describe reverted effects, and any other contract may log these texts.
 */
export function readTrace(logs: readonly string[]): readonly TraceEvent[] {
  return logs.flatMap((log) => {
    if (log.startsWith("trace:")) return readEvent(parse(log.slice("trace:".length)));
    if (log.startsWith("EVENT_JSON:")) return readStandardEvent(parse(log.slice("EVENT_JSON:".length)));
    return [];
  });
}

function readEvent(event: Json): TraceEvent[] {
  const ev = field(event, "ev");
  const id = decimal(field(event, "id"));
  switch (ev) {
    case "intent_submitted":
    case "intent_dispatched":
      return id === undefined ? [] : [{ ev, id }];
    case "intent_resolved_err": {
      const reason = string(field(event, "reason"));
      return id === undefined || reason === undefined ? [] : [{ ev, id, reason }];
    }
    case "intent_resumed": {
      const approve = field(event, "approve");
      return id === undefined || typeof approve !== "boolean" ? [] : [{ ev, id, approve }];
    }
    case "batch_started": {
      const first = decimal(field(event, "first_id"));
      return first === undefined ? [] : [{ ev, first_id: first }];
    }
    case "chain_continued":
      return [{ ev, next_id: decimal(field(event, "next_id")) }];
    default:
      return [];
  }
}

/** The second encoding: NEP-297 with standard `sequential`, `data` an array or a bare object. */
function readStandardEvent(envelope: Json): TraceEvent[] {
  if (field(envelope, "standard") !== "sequential") return [];
  const ev = field(envelope, "event");
  const data = field(envelope, "data");
  return (object(data) === undefined ? list(data) : [data]).flatMap((item): TraceEvent[] => {
    const id = decimal(field(item, "intent_id"));
    switch (ev) {
      case "intent_submitted":
      case "intent_dispatched":
        return id === undefined ? [] : [{ ev, id }];
      case "batch_started": {
        const first = decimal(field(item, "first_id")) ?? id;
        return first === undefined ? [] : [{ ev, first_id: first }];
      }
      case "chain_continued":
        // Its `intent_id` is the intent just dispatched, not the next one.
        return [{ ev, next_id: decimal(field(item, "next_id")) }];
      default:
        return [];
    }
  });
}

function decimal(value: Json): string | undefined {
  return integer(value)?.toString();
}
