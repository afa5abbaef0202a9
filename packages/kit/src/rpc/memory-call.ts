import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { errorFromJson, errorToJson } from "@connectrpc/connect/protocol-connect";
import { type CallContext, continuationOf, traceHeaders } from "../call-context.ts";
import type { Disposer, Ports } from "../ports.ts";
import { setContext } from "./trace.ts";
import { describeFault } from "./unread-messages.ts";

/** What a method's signal says once its answer is out. */
const over = new ConnectError("the call is over", Code.Canceled);

export interface MemoryCallInit {
  readonly header: ConstructorParameters<typeof Headers>[0];
  /** The context in which it is called. */
  readonly from: CallContext | undefined;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** Undefined: without a limit. */
  readonly timeoutMs: number | undefined;
}

/**
 * One call within the process, as its method sees it. Its signal and its headers are made when somebody asks for them: most
 * methods never do. It ends with its answer, with its deadline, or when the caller's signal is aborted.
 */
export class MemoryCall implements HandlerContext {
  readonly method: DescMethod;
  readonly requestMethod = "POST";
  readonly protocolName = "connect";
  readonly values: ContextValues = createContextValues();
  readonly timeoutMs: () => number | undefined;
  /** Rejects what is waited for now. */
  readonly #waiting = new Set<(error: ConnectError) => void>();
  readonly #from: CallContext | undefined;
  /** Undefined for a call that only its answer ends. */
  readonly #free: Disposer | undefined;
  /** As its caller gave them; undefined where it gave none, which is usual. */
  readonly givenHeader: Headers | undefined;
  #requestHeader: Headers | undefined;
  #controller: AbortController | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  /** Why it has ended. */
  #ended: ConnectError | undefined;
  /** Called when it ends without an answer. */
  onGivenUp: () => void = () => {};

  constructor(method: DescMethod, init: MemoryCallInit, { clock, timers }: Pick<Ports, "clock" | "timers">) {
    const { header, from, signal, timeoutMs } = init;
    this.method = method;
    this.#from = from;
    // Now: what the caller does with its own headers afterwards is not the method's.
    if (header !== undefined) this.givenHeader = new Headers(header);
    if (from !== undefined) setContext(this.values, continuationOf(from));
    const endsMs = timeoutMs === undefined ? undefined : clock.now() + timeoutMs;
    this.timeoutMs = () => (endsMs === undefined ? undefined : endsMs - clock.now());
    if (timeoutMs === undefined && signal === undefined) return;
    const late = () => this.#giveUp(new ConnectError("the operation timed out", Code.DeadlineExceeded));
    const cancel = timeoutMs === undefined ? () => {} : timers.after(timeoutMs, late);
    const abort = () => this.#giveUp(abortedBy(signal));
    signal?.addEventListener("abort", abort);
    this.#free = () => {
      cancel();
      signal?.removeEventListener("abort", abort);
    };
  }

  get service() {
    return this.method.parent;
  }

  get url(): string {
    return `https://in-memory/${this.service.typeName}/${this.method.name}`;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  get requestHeader(): Headers {
    if (this.#requestHeader === undefined) {
      this.#requestHeader = new Headers(this.givenHeader);
      for (const [name, value] of Object.entries(traceHeaders(this.#from))) this.#requestHeader.set(name, value);
    }
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  /** Waits for a part of the answer. @throws ConnectError where the call ends before, whatever becomes of that part */
  until<T>(part: Promise<T>): Promise<T> {
    if (this.#free === undefined && this.#ended === undefined) return part;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        part.catch(() => {});
        reject(this.#ended);
        return;
      }
      this.#waiting.add(reject);
      part.then(
        (value) => {
          this.#waiting.delete(reject);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(reject);
          reject(error);
        },
      );
    });
  }

  /** The call has failed. @returns the error as its caller gets it: as over a wire, unless the caller itself gave up */
  failed(error: unknown): ConnectError {
    if (error instanceof ConnectError && error === this.#ended) return error;
    const known = error instanceof ConnectError ? error : new ConnectError("internal error", Code.Internal);
    describeFault(known, this);
    this.end(known);
    const { rawMessage, code, metadata } = known;
    return errorFromJson(errorToJson(known, undefined), metadata, new ConnectError(rawMessage, code));
  }

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** The answer is out. */
  end(reason = over): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#free?.();
    this.#controller?.abort(reason);
  }

  #giveUp(error: ConnectError): void {
    if (this.#ended !== undefined) return;
    this.end(error);
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
    this.onGivenUp();
  }
}

/** The error of a call whose caller has aborted it. */
export function abortedBy(signal: AbortSignal | undefined): ConnectError {
  return ConnectError.from(signal?.reason, Code.Canceled);
}
