import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { lossOf } from "./http1.ts";

export interface GrpcAnswer {
  /** Undefined where there was none: then `lost` says why. */
  readonly status: string | undefined;
  /** Of HTTP, where that is not 200. */
  readonly httpStatus: number | undefined;
  readonly hasDetails: boolean;
  readonly message: string;
  readonly body: Buffer;
  readonly lost?: string;
}

export interface GrpcCall {
  /** `/package.Service/Method` */
  readonly path: string;
  /** The message, without its frame. */
  readonly message: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** The message is compressed already. */
  readonly isCompressed?: boolean;
  readonly timeoutMs?: number;
}

/** What a stream comes to that was begun while the server's GOAWAY was on its way: it was not looked at, and may be sent again. */
export const tooLate = "stream REFUSED_STREAM";

const keptBytes = 1024 * 1024;

/** A session of h2c that is opened again whenever it was closed. */
export class H2Client {
  readonly url: string;
  #session: ClientHttp2Session | undefined;

  constructor(url: string) {
    this.url = url;
  }

  session(): ClientHttp2Session {
    const known = this.#session;
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    const session = connect(this.url);
    session.on("error", () => {});
    session.on("goaway", () => session.close());
    session.unref();
    this.#session = session;
    return session;
  }

  /** Makes a unary call of gRPC; whatever becomes of it is an answer. */
  call({ path, message, headers = {}, isCompressed = false, timeoutMs = 20_000 }: GrpcCall): Promise<GrpcAnswer> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let head: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      let loss = "closed";
      const session = this.session();
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: path,
        "content-type": "application/grpc+proto",
        te: "trailers",
        ...(isCompressed ? { "grpc-encoding": "gzip" } : {}),
        ...headers,
      });
      const timer = setTimeout(() => {
        loss = "timeout";
        // One that may send no more would otherwise wait for ever.
        stream.destroy();
      }, timeoutMs);
      stream.on("response", (headers) => (head = headers));
      stream.on("trailers", (headers) => (trailers = headers));
      stream.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= keptBytes) chunks.push(chunk);
      });
      stream.on("error", (error: NodeJS.ErrnoException) => {
        const reason = /NGHTTP2_(\w+)/.exec(error.message)?.[1];
        loss = reason === undefined ? lossOf(error) : `stream ${reason}`;
        // Such a connection takes nothing any more, for good.
        if (reason === "ENHANCE_YOUR_CALM") session.destroy();
      });
      stream.on("close", () => {
        clearTimeout(timer);
        const said = trailers["grpc-status"] ?? head["grpc-status"];
        const http = head[":status"] as number | undefined;
        resolve({
          status: said === undefined ? undefined : String(said),
          httpStatus: http === 200 ? undefined : http,
          hasDetails: (trailers["grpc-status-details-bin"] ?? head["grpc-status-details-bin"]) !== undefined,
          message: String(trailers["grpc-message"] ?? head["grpc-message"] ?? ""),
          body: Buffer.concat(chunks),
          ...(said === undefined && (http === undefined || http === 200) ? { lost: loss } : {}),
        });
      });
      stream.end(framed(message, isCompressed));
    });
  }

  close(): void {
    this.#session?.destroy();
  }
}

/** A message in the frame of gRPC: a flag, and its length. */
function framed(message: Uint8Array, isCompressed = false): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame[0] = isCompressed ? 1 : 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
