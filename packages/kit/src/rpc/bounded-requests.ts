import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest } from "node:http2";
import type { Socket } from "node:net";
import type { DescMethod } from "@bufbuild/protobuf";
import type { connectNodeAdapter } from "@connectrpc/connect-node";
import type { Timers } from "../ports.ts";
import { Code, Refusal } from "../refusal.ts";
import type { BodyLimits } from "./callers.ts";
import { connectErrorOf, domainOf } from "./error-details.ts";
import { tooLong } from "./gate.ts";

/** What both versions of HTTP have in common, as Connect takes it. */
export type NodeListener = ReturnType<typeof connectNodeAdapter>;
export type NodeRequest = Parameters<NodeListener>[0];

/** For a body to arrive, milliseconds. */
const bodyMs = 30_000;

/** For an answer to reach whoever still sends, before his connection is closed, milliseconds. */
const lingerMs = 1_000;
const lingerBytes = 4 * 1024 * 1024;

export interface BoundedMethod {
  readonly method: DescMethod;
  readonly limits: BodyLimits;
}

/**
 * Reads of a body no more than its method takes, for no longer than a body may take to arrive; and nothing at all after
 * the answer: the stream is reset then, without an error, and a connection of HTTP/1.1 closed.
 * @param methods by path, as in `/package.Service/Method`
 */
export function boundedRequests(
  listener: NodeListener,
  methods: ReadonlyMap<string, BoundedMethod>,
  timers: Timers,
): NodeListener {
  return (request, response) => {
    // Whatever follows a request that was too long can be told from its body by nobody.
    if (ending.has(request.socket)) return;
    const bounded = methods.get(pathOf(request));
    if (bounded !== undefined) {
      // Connect iterates over the request to read its body, and would destroy the connection where it stops early.
      const chunks = () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
      request[Symbol.asyncIterator] = () => read(chunks(), bounded, timers) as ReturnType<typeof request.iterator>;
    }
    if ("stream" in request) resetAfter(request, timers);
    else closeAfter(request, response as ServerResponse, timers);
    listener(request, response);
  };
}

export function pathOf({ url }: NodeRequest): string {
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

/** The response's own "finish" comes only once the stream is closed. Trailers leave after all listeners have heard. */
function resetAfter({ stream }: Http2ServerRequest, timers: Timers): void {
  stream.once("wantTrailers", () => {
    timers.after(0, () => {
      if (!stream.closed && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  });
}

/** An answer that comes before all of the body has arrived is the last on its connection. */
function closeAfter(request: IncomingMessage, response: ServerResponse, timers: Timers): void {
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((...head: Parameters<typeof writeHead>) => {
    if (hasBody(request) && !request.complete) {
      response.shouldKeepAlive = false;
      linger(request, timers);
    }
    return writeHead(...head);
  }) as typeof response.writeHead;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Connections that only wait for their last answer to arrive. */
const ending = new WeakSet<Socket>();

/**
 * Has a connection that Node is about to close end its own side first, and drop what still comes for a moment: closed at
 * once, it would be reset, and the answer lost with what was on its way here.
 */
function linger(request: IncomingMessage, timers: Timers): void {
  const { socket } = request;
  socket.destroySoon = () => {
    if (ending.has(socket)) return;
    ending.add(socket);
    const cancel = timers.after(lingerMs, () => socket.destroy());
    socket.once("close", cancel);
    socket.end();
    let dropped = 0;
    request.on("data", (chunk: Uint8Array) => {
      dropped += chunk.byteLength;
      if (dropped > lingerBytes) socket.destroy();
    });
  };
}
