import { AsyncLocalStorage } from "node:async_hooks";
import { type Random, systemPorts } from "./ports.ts";

/** Fields that every log line of the work at hand carries, by name; `snake_case`. */
export type LogFields = Readonly<Record<string, string>>;

/** The work at hand: its trace, and what it is for. */
export interface CallContext {
  /** 32 lower-case hex characters. */
  readonly traceId: string;
  /** This process's part of the trace, 16 lower-case hex characters. */
  readonly spanId: string;
  /** As the caller sent them: two lower-case hex characters. */
  readonly flags: string;
  fields: LogFields;
}

type Trace = Pick<CallContext, "traceId" | "flags">;

const storage = new AsyncLocalStorage<CallContext>();
const systemRandom = systemPorts().random;
const header = "traceparent";

/** Read access to headers of HTTP or of a message. */
export interface Headerlike {
  get(name: string): string | null;
}

/** Most contexts are of calls that write no line and call nobody: their span is named once somebody asks. */
class OwnSpan implements CallContext {
  readonly traceId: string;
  readonly flags: string;
  fields: LogFields = {};
  readonly #random: Random;
  #spanId: string | undefined;

  constructor({ traceId, flags }: Trace, random: Random) {
    this.traceId = traceId;
    this.flags = flags;
    this.#random = random;
  }

  get spanId(): string {
    this.#spanId ??= hex(this.#random, 8);
    return this.#spanId;
  }
}

/** Continues the trace that headers name (W3C Trace Context), or begins one. */
export function contextOf(headers: Headerlike, random: Random = systemRandom): CallContext {
  return new OwnSpan(parse(headers.get(header)) ?? begun(random), random);
}

/** The same without headers, for a call within this process. */
export function continuationOf(context: CallContext): CallContext {
  return new OwnSpan(context, systemRandom);
}

/** A context for work that outlives the call it began in. It continues the current trace, if any. */
export function ownContext(fields: LogFields, random: Random): CallContext {
  const { traceId, flags } = storage.getStore() ?? begun(random);
  return { traceId, flags, spanId: hex(random, 8), fields };
}

/** Runs a function, and everything that it calls and awaits, within a context. */
export function inContext<T>(context: CallContext, run: () => T): T {
  return storage.run(context, run);
}

/** Adds to the log lines of the work at hand what it is for, once that is known. */
export function noteInContext(fields: LogFields): void {
  const context = storage.getStore();
  if (context !== undefined) context.fields = { ...context.fields, ...fields };
}

/** The context of the work at hand, if any. */
export function currentContext(): CallContext | undefined {
  return storage.getStore();
}

/** Headers that carry a trace to another service, the current one by default; none outside of a context. */
export function traceHeaders(context = storage.getStore()): Readonly<Record<string, string>> {
  if (context === undefined) return {};
  return { [header]: `00-${context.traceId}-${context.spanId}-${context.flags}` };
}

/** Fields for a log line. A new object each time: the logger writes into it. */
export function contextLogFields(): object {
  const context = storage.getStore();
  return context === undefined ? {} : { trace_id: context.traceId, ...context.fields };
}

/** Undefined for a text that is no traceparent: then a new trace begins, as the standard asks. */
function parse(text: string | null): Trace | undefined {
  const match = text && /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(text);
  if (!match) return undefined;
  const [, version, traceId = "", parentId = "", flags = "", more] = match;
  // Later versions may append fields; version 00 may not.
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, flags };
}

function begun(random: Random): Trace {
  return { traceId: hex(random, 16), flags: "00" };
}

function hex(random: Random, count: number): string {
  return Buffer.from(random.bytes(count)).toString("hex");
}
