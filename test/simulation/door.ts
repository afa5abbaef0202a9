import {
  create,
  type DescMethod,
  type DescMethodUnary,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createContextValues,
  createMethodImplSpec,
  createServiceImplSpec,
  type HandlerContext,
  type MethodImplSpec,
  type Transport,
} from "@connectrpc/connect";
import { invokeUnaryImplementation } from "@connectrpc/connect/protocol";
import { errorFromJson, errorToJson } from "@connectrpc/connect/protocol-connect";
import { type RpcGuards, type RpcRoutes, routerOptions, type ServiceName } from "@outlayer/kit";

/** Nobody gives up on the other side: its caller's deadline counts at the caller's. */
const { signal } = new AbortController();

/**
 * A service as it is behind its listeners: the guards and handlers that are behind its ports too. Answers and errors leave it
 * as they would over the wire. What is not here is HTTP itself, which would take most of a history's time.
 * @param from who calls, undefined for no service
 */
export function doorOf(routes: RpcRoutes, guards: RpcGuards, from: ServiceName | undefined): Transport {
  const methods = methodsOf(routes);
  const { interceptors = [], requestGate } = routerOptions(routes, guards, () => from);
  return {
    stream: () => Promise.reject(new ConnectError("nothing here streams", Code.Unimplemented)),
    async unary(method, _signal, _timeoutMs, header, input, contextValues) {
      const spec = methods.get(method as DescMethod);
      if (spec?.kind !== "unary") throw new ConnectError(`${method.name} is not here`, Code.Unimplemented);
      const context: HandlerContext & { abort(): void } = {
        method,
        service: method.parent,
        signal,
        timeoutMs: () => undefined,
        requestMethod: "POST",
        requestHeader: new Headers(header),
        responseHeader: new Headers(),
        responseTrailer: new Headers(),
        protocolName: "connect",
        values: contextValues ?? createContextValues(),
        url: "https://in-memory",
        abort() {},
      };
      try {
        await requestGate?.(context);
        const message = await invokeUnaryImplementation(spec, context, create(method.input, input), interceptors);
        return {
          stream: false,
          service: method.parent,
          method,
          header: context.responseHeader,
          trailer: context.responseTrailer,
          message: overWire(method, message as MessageShape<typeof method.output>),
        };
      } catch (error) {
        throw errorOverWire(error);
      }
    },
  };
}

function overWire<O extends DescMethodUnary["output"]>({ output }: { readonly output: O }, message: MessageShape<O>) {
  return fromBinary(output, toBinary(output, message));
}

function errorOverWire(error: unknown): ConnectError {
  const known = error instanceof ConnectError ? error : new ConnectError("internal error", Code.Internal);
  return errorFromJson(errorToJson(known, undefined), undefined, known);
}

function methodsOf(routes: RpcRoutes): ReadonlyMap<DescMethod, MethodImplSpec> {
  const methods = new Map<DescMethod, MethodImplSpec>();
  const router: ConnectRouter = {
    handlers: [],
    service(service, implementation) {
      for (const spec of Object.values(createServiceImplSpec(service, implementation).methods))
        methods.set(spec.method, spec);
      return router;
    },
    rpc(method, implementation) {
      methods.set(method, createMethodImplSpec(method, implementation));
      return router;
    },
  };
  routes.register(router);
  return methods;
}
