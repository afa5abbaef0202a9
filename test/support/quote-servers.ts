import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "@bufbuild/protobuf";
import type { KeyPair } from "@outlayer/near";
import { oneClickSigner, signedQuote } from "./one-click-quote.ts";

/** A question as a source of quotes got it. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: JsonObject;
}

/** Answers a question itself; undefined: as the published schema has it. */
type Answer = (question: Question, response: ServerResponse) => JsonObject | undefined;

/** A local server that answers as a source of quotes does. */
export interface QuoteServer {
  /** As the operator configures it. */
  readonly url: string;
  readonly asked: readonly Question[];
  /** Has it answer in another way from now on. */
  answer(how: Answer | undefined): void;
  close(): Promise<void>;
}

/** How much of `token_out` one unit of `token_in` brings. */
const rate = 2n;

async function startServer(path: string, usual: (question: Question) => JsonObject): Promise<QuoteServer> {
  const asked: Question[] = [];
  let other: Answer | undefined;
  const server = createServer(async (request, response) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = JSON.parse(Buffer.concat(pieces).toString() || "{}") as JsonObject;
    const question = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
    asked.push(question);
    const given = other === undefined ? usual(question) : other(question, response);
    if (given === undefined) return;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(given));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    asked,
    answer(how) {
      other = how;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** 1Click's answer to a request, before it is signed: `rate` less the tolerated slippage. */
export function quoteFor(request: JsonObject): JsonObject {
  const { amount, swapType, slippageTolerance, deadline } = request;
  const given = BigInt(String(amount));
  const [amountIn, amountOut] = swapType === "EXACT_INPUT" ? [given, given * rate] : [given / rate, given];
  const minAmountOut = (amountOut * (10_000n - BigInt(Number(slippageTolerance)))) / 10_000n;
  return {
    amountIn: `${amountIn}`,
    amountInFormatted: `${amountIn}`,
    amountInUsd: "1.0",
    minAmountIn: `${amountIn}`,
    amountOut: `${amountOut}`,
    amountOutFormatted: `${amountOut}`,
    amountOutUsd: "1.0",
    minAmountOut: `${swapType === "EXACT_INPUT" ? minAmountOut : amountOut}`,
    deadline: deadline ?? null,
    timeWhenInactive: deadline ?? null,
    timeEstimate: 10,
    depositAddress: "76b4c56085ed136a8744d52be956396624a730e876b4c56085ed136a8744d52b",
  };
}

/** 1Click, as its published OpenAPI document has it: `POST /v0/quote`. */
export function startOneClick(signer: KeyPair = oneClickSigner): Promise<QuoteServer> {
  return startServer("", ({ body }) => signedQuote({ quoteRequest: body, quote: quoteFor(body) }, signer));
}

/** The message bus, as its published reference has it: JSON-RPC `quote`. Two solvers answer. */
export function startMessageBus(): Promise<QuoteServer> {
  return startServer("/rpc", ({ body }) => {
    const [asked = {}] = (body.params ?? []) as JsonObject[];
    const { exact_amount_in, exact_amount_out, defuse_asset_identifier_in, defuse_asset_identifier_out } = asked;
    const offer = (quote_hash: string, worse: bigint) => ({
      quote_hash,
      defuse_asset_identifier_in: defuse_asset_identifier_in ?? null,
      defuse_asset_identifier_out: defuse_asset_identifier_out ?? null,
      amount_in: String(exact_amount_in ?? BigInt(String(exact_amount_out)) / rate + worse),
      amount_out: String(exact_amount_out ?? BigInt(String(exact_amount_in)) * rate - worse),
      expiration_time: "2100-01-01T00:00:00.000Z",
    });
    return { jsonrpc: "2.0", id: body.id ?? null, result: [offer("worse", 5n), offer("better", 1n)] };
  });
}
