import { constants, type Http2ServerRequest } from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import type { connectNodeAdapter } from "@connectrpc/connect-node";
import type { Timers } from "../ports.ts";
import { Code, Refusal } from "../refusal.ts";
import { tooLong } from "./authorize.ts";
import type { BodyLimits } from "./callers.ts";
import { connectErrorOf, domainOf } from "./error-details.ts";

/** The request and response types that HTTP/1.1 and HTTP/2 share, as Connect takes them. */
export type NodeListener = ReturnType<typeof connectNodeAdapter>;
export type NodeRequest = Parameters<NodeListener>[0];

/** Time limit for a body to arrive, milliseconds. */
const bodyMs = 30_000;

export interface BoundedMethod {
  readonly method: DescMethod;
  readonly limits: BodyLimits;
}

/**
 * Reads no more of a body than its method takes, and for no longer than `bodyMs`. After the answer it reads nothing: an
 * HTTP/2 stream is reset then, without an error. `http1Server` does that for HTTP/1.1.
 * @param methods by path, as in `/package.Service/Method`
 */
export function boundedRequests(
  listener: NodeListener,
  methods: ReadonlyMap<string, BoundedMethod>,
  timers: Timers,
): NodeListener {
  return (request, response) => {
    const bounded = methods.get(pathOf(request));
    if (bounded !== undefined) {
      // Connect iterates over the request; by default, stopping early would destroy the connection.
      const chunks = () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
      request[Symbol.asyncIterator] = () => read(chunks(), bounded, timers) as ReturnType<typeof request.iterator>;
    }
    if ("stream" in request) resetAfter(request, timers);
    listener(request, response);
  };
}

function pathOf({ url }: NodeRequest): string {
  return url?.split("?", 1)[0] ?? "";
}

async function* read(chunks: AsyncIterator<Uint8Array>, { method, limits }: BoundedMethod, timers: Timers) {
  const domain = domainOf(method.parent);
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => undefined);
  const sendsOne = method.methodKind === "unary" || method.methodKind === "server_streaming";
  const cancel = sendsOne ? timers.after(bodyMs, () => late.reject(connectErrorOf(tooSlow(), domain))) : () => {};
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([chunks.next(), late.promise]);
      if (done) return;
      bytes += value.byteLength;
      if (bytes > limits.wireBytes) throw connectErrorOf(tooLong(limits.wireBytes), domain);
      yield value;
    }
  } finally {
    cancel();
  }
}

function tooSlow(): Refusal {
  return new Refusal(Code.DeadlineExceeded, "the body did not arrive in time", { reason: "BODY_TOO_SLOW" });
}

/** "finish" would come too late, once the stream is closed. The trailers leave after all listeners of "wantTrailers" have run. */
function resetAfter({ stream }: Http2ServerRequest, timers: Timers): void {
  stream.once("wantTrailers", () => {
    timers.after(0, () => {
      if (!stream.closed && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  });
}
