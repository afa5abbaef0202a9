import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A bare Node HTTP server, for the bench that started this process: it parses the body that it gets, and answers the JSON that
 * it was last told. It sends its port once it listens.
 */
let answer: unknown = {};
process.on("message", (text: string) => {
  answer = JSON.parse(text);
  process.send?.("told");
});
process.on("disconnect", () => process.exit());

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (chunks.length > 0) JSON.parse(Buffer.concat(chunks).toString());
    const text = JSON.stringify(answer);
    response.writeHead(200, {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
