import { AsyncLocalStorage } from "node:async_hooks";
import { type Random, systemPorts } from "./ports.ts";

/** What log lines say of the work at hand, wherever it is known. */
export interface LogFields {
  readonly request_id?: string;
  readonly wallet_id?: string;
}

/** The work at hand: which trace it belongs to, and whose it is. */
export interface CallContext {
  /** 32 lower-case hex characters. */
  readonly traceId: string;
  /** This process's part of the trace, 16 lower-case hex characters. */
  readonly spanId: string;
  /** As they came: two lower-case hex characters. */
  readonly flags: string;
  fields: LogFields;
}

const storage = new AsyncLocalStorage<CallContext>();
const header = "traceparent";

/** A carrier of headers: HTTP's, or a message's. */
export interface Headerlike {
  get(name: string): string | null;
}

/** Goes on with the trace that headers name (W3C Trace Context), or begins one. */
export function contextOf(headers: Headerlike, random: Random = systemPorts().random): CallContext {
  return { ...(parse(headers.get(header)) ?? begun(random)), spanId: hex(random, 8), fields: {} };
}

/** Goes on with the trace at hand, if any, for work of its own that outlives the call it began in. */
export function ownContext(fields: LogFields, random: Random): CallContext {
  const { traceId, flags } = storage.getStore() ?? begun(random);
  return { traceId, flags, spanId: hex(random, 8), fields };
}

/** Runs something, and all that it calls and waits for, as part of this work. */
export function inContext<T>(context: CallContext, run: () => T): T {
  return storage.run(context, run);
}

/** Notes whose the work at hand is, as soon as that is known. */
export function noteInContext(fields: LogFields): void {
  const context = storage.getStore();
  if (context !== undefined) context.fields = { ...context.fields, ...fields };
}

/** The headers that carry the trace on to others: none outside of any work. */
export function traceHeaders(): Readonly<Record<string, string>> {
  const context = storage.getStore();
  if (context === undefined) return {};
  return { [header]: `00-${context.traceId}-${context.spanId}-${context.flags}` };
}

/** For every log line. A new object each time: the logger writes into it. */
export function contextLogFields(): object {
  const context = storage.getStore();
  return context === undefined ? {} : { trace_id: context.traceId, ...context.fields };
}

/** Undefined for what is not a traceparent: then a new trace begins, as the standard asks. */
function parse(text: string | null): { traceId: string; flags: string } | undefined {
  const match = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(text ?? "");
  if (match === null) return undefined;
  const [, version, traceId = "", parentId = "", flags = "", more] = match;
  // Later versions may say more at the end; this one may not.
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, flags };
}

function begun(random: Random): { traceId: string; flags: string } {
  return { traceId: hex(random, 16), flags: "00" };
}

function hex(random: Random, count: number): string {
  return Buffer.from(random.bytes(count)).toString("hex");
}
