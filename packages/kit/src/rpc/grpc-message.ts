import type { Http2ServerResponse } from "node:http2";
import type { NodeListener } from "./bounded-requests.ts";

/**
 * Writes `grpc-message` as gRPC specifies it. Connect percent-encodes everything but letters; grpc-js decodes only what gRPC
 * specifies, and would show `steps[0].amount: …` as `steps%5B0%5D.amount%3A …`.
 */
export function withPlainMessages(listener: NodeListener): NodeListener {
  return (request, answer) => {
    const response = answer as Http2ServerResponse;
    const addTrailers = response.addTrailers.bind(response);
    response.addTrailers = (trailers) => {
      const { "grpc-message": message } = trailers;
      if (typeof message !== "string") return addTrailers(trailers);
      addTrailers({ ...trailers, "grpc-message": asGrpcWritesIt(message) });
    };
    listener(request, answer);
  };
}

/** Decodes printable ASCII except `%`. */
function asGrpcWritesIt(escaped: string): string {
  return escaped.replace(/%(?!25)(?:[2-6][0-9A-F]|7[0-9A-E])/g, decodeURIComponent);
}
