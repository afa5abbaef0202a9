import type { DescMessage, DescMethod, DescService, MessageInitShape } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ContextValues,
  createMethodImplSpec,
  createServiceImplSpec,
  type Interceptor,
  type MethodImplSpec,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { currentContext } from "../call-context.ts";
import { type Ports, systemPorts } from "../ports.ts";
import type { ServiceName } from "../service-name.ts";
import { handOver, handOverWithin } from "./hand-over.ts";
import { MemoryAnswers } from "./memory-answers.ts";
import { abortedBy, MemoryCall } from "./memory-call.ts";
import { guardsOf, limitsOf, type RpcGuards, type RpcRoutes } from "./serve.ts";

type AnyFn = ReturnType<Interceptor>;

/** A method with its guards. */
interface Method {
  readonly run: AnyFn;
  /** Of an encoded request. */
  readonly maxBytes: number;
}

/**
 * Calls a service in the same process. Messages are handed over as they are, without bytes between: who calls is judged first,
 * then come the bounds of the message, the interceptors and the method, in the order of the ports. Each side has messages of
 * its own (`handOver`), and errors arrive as they would over a wire. Unary calls and streams of answers only.
 * @param from undefined for a caller that is no service
 */
export function inMemoryTransport(
  routes: RpcRoutes,
  guards: RpcGuards,
  from: ServiceName | undefined,
  ports: Pick<Ports, "clock" | "timers"> = systemPorts(),
): Transport {
  const { authorize, interceptors } = guardsOf(routes, guards, () => from);
  const methods = methodsOf(routes, interceptors);

  const begin = (
    method: DescMethod,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: ConstructorParameters<typeof Headers>[0],
  ) => {
    if (signal?.aborted) throw abortedBy(signal);
    const limitMs = timeoutMs === undefined || timeoutMs <= 0 ? undefined : timeoutMs;
    return new MemoryCall(method, { header, from: currentContext(), signal, timeoutMs: limitMs }, ports);
  };

  return {
    async unary(method, signal, timeoutMs, header, input) {
      const { run, maxBytes } = methodOf(methods, method);
      const call = begin(method, signal, timeoutMs, header);
      try {
        // Before anything awaits: the message is what it is now, whatever its sender does with it afterwards.
        const judged = authorize(call);
        const message = handOverWithin(method.input, input as MessageInitShape<typeof method.input>, maxBytes);
        if (judged !== undefined) await judged;
        const response = await call.until(run(new UnaryCall(call, message) as unknown as UnaryRequest));
        call.end();
        return response as UnaryResponse<typeof method.input, typeof method.output>;
      } catch (error) {
        throw call.failed(error);
      }
    },

    async stream(method, signal, timeoutMs, header, input) {
      const { run, maxBytes } = methodOf(methods, method);
      const call = begin(method, signal, timeoutMs, header);
      const answers = new MemoryAnswers(call, async () => {
        await authorize(call);
        const messages = handOverAll(method.input, input as AsyncIterable<object>, maxBytes);
        const response = await run(new StreamCall(call, messages) as unknown as StreamRequest);
        return (response as StreamResponse).message[Symbol.asyncIterator]();
      });
      // As on a port, headers are there once the first message is.
      await answers.begun();
      return new StreamAnswer(call, answers) as unknown as StreamResponse<typeof method.input, typeof method.output>;
    },
  };
}

/** What interceptors see of a request, and of its answer. Signal and headers of the call are made when one of them asks. */
class Shown {
  readonly call: MemoryCall;
  readonly requestMethod = "POST";
  readonly service: DescService;
  readonly method: DescMethod;

  constructor(call: MemoryCall) {
    this.call = call;
    this.service = call.service;
    this.method = call.method;
  }
}

class ShownRequest<M> extends Shown {
  readonly contextValues: ContextValues;
  readonly message: M;

  constructor(call: MemoryCall, message: M) {
    super(call);
    this.contextValues = call.values;
    this.message = message;
  }

  get header(): Headers {
    return this.call.requestHeader;
  }

  get url(): string {
    return this.call.url;
  }

  get signal(): AbortSignal {
    return this.call.signal;
  }
}

class UnaryCall extends ShownRequest<object> {
  readonly stream = false;
}

class StreamCall extends ShownRequest<AsyncIterable<object>> {
  readonly stream = true;
}

class ShownAnswer<M> extends Shown {
  readonly message: M;

  constructor(call: MemoryCall, message: M) {
    super(call);
    this.message = message;
  }

  get header(): Headers {
    return this.call.responseHeader;
  }

  get trailer(): Headers {
    return this.call.responseTrailer;
  }
}

class UnaryAnswer extends ShownAnswer<object> {
  readonly stream = false;
}

class StreamAnswer extends ShownAnswer<AsyncIterable<object>> {
  readonly stream = true;
}

function methodsOf(routes: RpcRoutes, interceptors: readonly Interceptor[]): ReadonlyMap<DescMethod, Method> {
  const methods = new Map<DescMethod, Method>();
  const add = (spec: MethodImplSpec) => {
    const run = [...interceptors].reverse().reduce<AnyFn>((next, interceptor) => interceptor(next), lastOf(spec));
    methods.set(spec.method, { run, maxBytes: limitsOf(routes, spec.method)?.messageBytes ?? 0 });
  };
  const router: ConnectRouter = {
    handlers: [],
    service(service, implementation) {
      for (const spec of Object.values(createServiceImplSpec(service, implementation).methods)) add(spec);
      return router;
    },
    rpc(method, implementation) {
      add(createMethodImplSpec(method, implementation));
      return router;
    },
  };
  routes.register(router);
  return methods;
}

function methodOf(methods: ReadonlyMap<DescMethod, Method>, method: DescMethod): Method {
  const found = methods.get(method);
  if (found === undefined) throw new ConnectError(`${method.name} is not served here`, Code.Unimplemented);
  return found;
}

/** The method itself, as the last in the line of its interceptors. */
function lastOf(spec: MethodImplSpec): AnyFn {
  switch (spec.kind) {
    case "unary":
      return async (request) => {
        const { call, message } = request as unknown as UnaryCall;
        const answer = handOver(spec.method.output, await spec.impl(message as never, call));
        return new UnaryAnswer(call, answer) as unknown as UnaryResponse;
      };
    case "server_streaming":
      return async (request) => {
        const { call, message } = request as unknown as StreamCall;
        const answers = spec.impl((await onlyOf(message)) as never, call);
        return new StreamAnswer(call, answers) as unknown as StreamResponse;
      };
    default:
      return () => Promise.reject(new ConnectError("streams of requests are not served here", Code.Unimplemented));
  }
}

async function* handOverAll<D extends DescMessage>(desc: D, messages: AsyncIterable<object>, maxBytes: number) {
  for await (const message of messages) yield handOverWithin(desc, message as MessageInitShape<D>, maxBytes);
}

async function onlyOf(messages: AsyncIterable<object>): Promise<object> {
  let only: object | undefined;
  for await (const message of messages) only = message;
  if (only === undefined) throw new ConnectError("protocol error: missing input message", Code.Unimplemented);
  return only;
}
