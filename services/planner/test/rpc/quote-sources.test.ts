import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { JsonObject } from "@bufbuild/protobuf";
import { keyPairFromSeed } from "@outlayer/near";
import { signedQuote } from "../../../../test/support/one-click-quote.ts";
import { type Question, quoteFor } from "../../../../test/support/quote-servers.ts";
import { walletAccount } from "../support/planning.ts";
import { at, finalTimeMs, Quoting, swap, token } from "../support/quoting.ts";
import { asWallet } from "../support/server.ts";

describe("quotes of a source that answers otherwise", () => {
  const quoting = new Quoting();
  const forged = keyPairFromSeed(new Uint8Array(32).fill(8));
  const signed = (question: Question, request: object = {}, quote: object = {}, by?: typeof forged) =>
    signedQuote(
      { quoteRequest: { ...question.body, ...request }, quote: { ...quoteFor(question.body), ...quote } },
      by,
    );
  const status =
    (code: number, body = "", headers = {}) =>
    (_: Question, response: ServerResponse) => {
      response.writeHead(code, headers).end(body);
      return undefined;
    };
  const something = "one_click answered something else than a quote: its quote";
  const rows: readonly (readonly [
    name: string,
    answer: (question: Question, response: ServerResponse) => JsonObject | undefined,
    message: string | RegExp,
  ])[] = [
    ["400", status(400, '{"message":"amount is too low"}'), "one_click does not quote these tokens and amounts"],
    ["401", status(401, '{"message":"no"}'), "one_click does not accept the operator's token"],
    ["429", status(429), "one_click was asked too often"],
    ["500", status(500, "<html>"), "one_click answered HTTP 500"],
    ["elsewhere", status(307, "", { location: "http://127.0.0.1:1/" }), "one_click answered HTTP 307"],
    ["no JSON", status(200, "<html>"), "one_click answered no JSON that can be read"],
    ["a list", status(200, "[]"), "one_click answered no JSON that can be read"],
    ["a number twice", status(200, '{"a":1,"a":2}'), "one_click answered no JSON that can be read"],
    ["without end", status(200, " ".repeat(65_537)), "one_click answered with more than 65536 bytes"],
    ["nothing", status(200, "{}"), `${something}.quoteRequest must be an object`],
    [
      "a broken connection",
      (_, response) => {
        response.destroy();
        return undefined;
      },
      "one_click cannot be reached now",
    ],
    [
      "a quote that somebody else signed",
      (question) => signed(question, {}, {}, forged),
      /^one_click answered something else than a quote: its quote is not signed by/,
    ],
    [
      "a quote that pays somebody else",
      (question) => signed(question, { recipient: "mallory.near" }),
      "one_click answered another question, with another recipient",
    ],
    [
      "a quote that refunds to somebody else",
      (question) => signed(question, { refundTo: "mallory.near" }),
      "one_click answered another question, with another refundTo",
    ],
    [
      "a quote with another slippage",
      (question) => signed(question, { slippageTolerance: 5_000 }),
      "one_click answered another question, with another slippageTolerance",
    ],
    [
      "a quote of another token",
      (question) => signed(question, { destinationAsset: "nep141:worthless.near" }),
      "one_click answered another question, with another destinationAsset",
    ],
    [
      "a quote for another amount",
      (question) => signed(question, {}, { amountIn: "1001" }),
      "one_click answered with a quote that is refused: it is for another amount",
    ],
    [
      "a quote that has ended",
      (question) => signed(question, {}, { deadline: at(finalTimeMs + 1) }),
      /^one_click answered with a quote that is refused: it holds until 2029-01-01T00:00:00.001Z: to be dispatched/,
    ],
    [
      "an address that is none",
      (question) => signed(question, {}, { depositAddress: "bc1Q" }),
      "one_click answered with a quote that is refused: steps[0].deposit_address is not an account id",
    ],
    [
      "the wallet's own account as the address",
      (question) => signed(question, {}, { depositAddress: walletAccount }),
      "one_click answered with a quote that is refused: steps[0].deposit_address must not be the wallet's own account",
    ],
    [
      "a quote with a field that no request may have",
      (question) => ({ ...signed(question), correlationId: { private_key: "of nobody" } }),
      "one_click answered with a quote that is refused: wallet workflow must not include raw signing field private_key at $.steps[0].quote.correlationId",
    ],
    ["a dry run", (question) => signed(question, { dry: true }), `${something}.quoteRequest.dry must be false`],
  ];
  it("are carried no later than was asked for, however long the source's offer holds", async () => {
    const later = at(finalTimeMs + 5 * 86_400_000);
    quoting.oneClick.answer((question) =>
      signed(question, { deadline: later }, { deadline: later, timeWhenInactive: later }),
    );
    const asked = { ...swap, deadline: at(finalTimeMs + 90_000) };
    const { quotes } = await quoting.ask(asked, quoting.onlyOneClick());
    const [quote] = quotes;
    assert.deepEqual([quote?.expiresAt, JSON.parse(quote?.stepJson ?? "{}").deadline], [later, asked.deadline]);
  });

  for (const [name, answer, expected] of rows) {
    it(`answering ${name}: it is named, and takes nothing from the other`, async () => {
      quoting.oneClick.answer(answer);
      const { quotes, failures } = await quoting.ask();
      assert.deepEqual(
        quotes.map(({ source }) => source),
        ["message_bus", "message_bus"],
      );
      const [failure] = failures;
      assert.deepEqual([failures.length, failure?.source], [1, "one_click"]);
      if (typeof expected === "string") assert.equal(failure?.message, expected);
      else assert.match(failure?.message ?? "", expected);
    });
  }

  it("never: it is given up after six seconds", async () => {
    const late: (() => void)[] = [];
    const timers = {
      after(ms: number, run: () => void) {
        if (ms === 6_000) late.push(run);
        return () => {};
      },
    };
    quoting.oneClick.answer(() => {
      for (const run of late) run();
      return undefined;
    });
    const { failures } = await quoting.ask(swap, { ...quoting.onlyOneClick(), timers });
    assert.deepEqual(
      failures.map(({ message }) => message),
      ["one_click did not answer in time"],
    );
  });

  it("in the log stands its status, and never the token or the address", async () => {
    quoting.oneClick.answer(status(403, `{"message":"bad ${token}"}`));
    const { client, lines } = quoting.planner(quoting.onlyOneClick());
    const value = JSON.stringify(swap);
    const { failures } = await client.getQuotes({ body: { case: "quoteJson", value } }, asWallet);
    assert.equal(failures[0]?.message, "one_click does not accept the operator's token");
    const said = lines.map((line) => JSON.stringify(line)).join("\n");
    assert.match(said, /HTTP 403: .*bad \[token\]/);
    assert.ok(!said.includes(token) && !said.includes(quoting.oneClick.url));
  });

  const offer = {
    quote_hash: "h",
    defuse_asset_identifier_in: "nep141:wrap.near",
    defuse_asset_identifier_out: "nep141:usdc.near",
    amount_in: "1000",
    amount_out: "7",
    expiration_time: "2100-01-01T00:00:00Z",
  };
  const result = (...offers: object[]) => ({ jsonrpc: "2.0", id: 1, result: offers as JsonObject[] });
  const noQuote = "message_bus has no quote for these tokens and amounts";
  const ofBus: readonly (readonly [name: string, answer: JsonObject, message: string])[] = [
    ["null", { jsonrpc: "2.0", id: 1, result: null }, noQuote],
    ["no offers", result(), noQuote],
    [
      "an error",
      { jsonrpc: "2.0", id: 1, error: { code: -32_602 } },
      "message_bus does not quote these tokens and amounts",
    ],
    ["something else", { result: "no" }, "message_bus answered something else than quotes"],
    ["an offer of another token", result({ ...offer, defuse_asset_identifier_in: "nep141:x.near" }), noQuote],
    ["an offer into another token", result({ ...offer, defuse_asset_identifier_out: "nep141:x.near" }), noQuote],
    ["an offer for another amount", result({ ...offer, amount_in: "1001" }), noQuote],
    ["an offer of a negative amount", result({ ...offer, amount_out: "-7" }), noQuote],
    ["an offer without a time", result({ ...offer, expiration_time: "soon" }), noQuote],
    [
      "an offer that has ended",
      result({ ...offer, expiration_time: "2029-01-01T00:00:09Z" }),
      "message_bus answered with a quote that is refused: it holds until 2029-01-01T00:00:09.000Z: to be dispatched it must hold until 2029-01-01T00:00:20.000Z at least",
    ],
  ];
  for (const [name, answer, message] of ofBus) {
    it(`answering ${name}, as the bus: there is no quote of it`, async () => {
      quoting.bus.answer(() => answer);
      const { quotes, failures } = await quoting.ask(swap, quoting.onlyBus());
      assert.deepEqual([quotes, failures.map((failure) => failure.message)], [[], [message]]);
    });
  }

  it("with thousands of offers, as the bus: the five best of the first hundred are passed on", async () => {
    const offers = Array.from({ length: 120 }, (_, index) => ({ ...offer, amount_out: `${index + 1}` }));
    quoting.bus.answer(() => result({ quote_hash: "of another solver, and wrong" }, ...offers));
    const { quotes } = await quoting.ask(swap, quoting.onlyBus());
    assert.deepEqual(
      quotes.map(({ amountOut }) => amountOut),
      ["99", "98", "97", "96", "95"],
    );
  });
});
