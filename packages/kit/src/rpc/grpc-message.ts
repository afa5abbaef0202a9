import type { Http2ServerResponse } from "node:http2";
import type { NodeListener } from "./bounded-requests.ts";

/**
 * Has errors leave with the message as gRPC writes it. Connect escapes all that is no letter, and grpc-js, which undoes
 * only what gRPC asks for, would show `steps[0].amount: …` to its users as `steps%5B0%5D.amount%3A …`.
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

/** Of what is escaped, only `%` and what is not printable ASCII has to be. */
function asGrpcWritesIt(escaped: string): string {
  return escaped.replace(/%(?!25)(?:[2-6][0-9A-F]|7[0-9A-E])/g, decodeURIComponent);
}
