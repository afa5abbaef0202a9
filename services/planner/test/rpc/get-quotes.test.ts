import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { JsonObject } from "@bufbuild/protobuf";
import { keyPairFromSeed } from "@outlayer/near";
import { signedQuote } from "../../../../test/support/one-click-quote.ts";
import {
  type Question,
  type QuoteServer,
  quoteFor,
  startMessageBus,
  startOneClick,
} from "../../../../test/support/quote-servers.ts";
import { walletAccount } from "../support/planning.ts";
import { asWallet, failureOf, type Others, startPlanner } from "../support/server.ts";

const token = "token-of-the-operator-0123456789";
const finalTimeMs = Date.UTC(2029, 0, 1);
const at = (ms: number) => new Date(ms).toISOString();
const swap = { token_in: "wrap.near", token_out: "nep141:usdc.near", amount_in: "1000" };

describe("quotes", () => {
  let oneClick: QuoteServer;
  let bus: QuoteServer;
  before(async () => {
    [oneClick, bus] = await Promise.all([startOneClick(), startMessageBus()]);
  });
  afterEach(() => {
    oneClick.answer(undefined);
    bus.answer(undefined);
  });
  after(() => Promise.all([oneClick.close(), bus.close()]));

  const planner = (others: Others = {}) =>
    startPlanner({
      getPayloadFacts: () => ({ feePips: 1, finalTimeMs: BigInt(finalTimeMs) }),
      quoteSources: { oneClick: { url: oneClick.url, token }, messageBus: { url: bus.url, token } },
      ...others,
    });
  const ask = async (body: object = swap, others: Others = {}) => {
    const { client } = planner(others);
    return client.getQuotes({ body: { case: "quoteJson", value: JSON.stringify(body) } }, asWallet);
  };
  const onlyOneClick = () => ({ quoteSources: { oneClick: { url: oneClick.url, token } } });
  const onlyBus = () => ({ quoteSources: { messageBus: { url: bus.url, token } } });

  it("of 1Click come with the step that takes them, and those of the bus as prices, the best first", async () => {
    const { quotes, failures } = await ask();
    assert.deepEqual(failures, []);
    assert.deepEqual(
      quotes.map(({ source, executable, amountIn, amountOut, minAmountOut, expiresAt }) => {
        return [source, executable, amountIn, amountOut, minAmountOut, expiresAt];
      }),
      [
        ["one_click", true, "1000", "2000", "1980", at(finalTimeMs + 600_000)],
        ["message_bus", false, "1000", "1999", undefined, "2100-01-01T00:00:00.000Z"],
        ["message_bus", false, "1000", "1995", undefined, "2100-01-01T00:00:00.000Z"],
      ],
    );
    const [first, second] = quotes;
    const { quote, ...step } = JSON.parse(first?.stepJson ?? "");
    assert.deepEqual(step, {
      kind: "intents.swap",
      token_in: "nep141:wrap.near",
      token_out: "nep141:usdc.near",
      amount_in: "1000",
      min_amount_out: "1980",
      deposit_address: "76b4c56085ed136a8744d52be956396624a730e876b4c56085ed136a8744d52b",
      deadline: at(finalTimeMs + 600_000),
    });
    assert.equal(quote.quote.minAmountOut, "1980");
    assert.match(second?.reason ?? "", /^a solver signs only for a payload that the wallet has signed/);
  });

  it("of 1Click are asked for the wallet's own account, within the verifier, with the operator's token", async () => {
    await ask({ ...swap, slippage_bps: 50, deadline: at(finalTimeMs + 90_000) }, onlyOneClick());
    const { method, path, headers, body } = oneClick.asked.at(-1) ?? assert.fail();
    assert.deepEqual([method, path, headers.authorization], ["POST", "/v0/quote", `Bearer ${token}`]);
    assert.deepEqual(body, {
      dry: false,
      swapType: "EXACT_INPUT",
      slippageTolerance: 50,
      originAsset: "nep141:wrap.near",
      depositType: "INTENTS",
      destinationAsset: "nep141:usdc.near",
      amount: "1000",
      refundTo: walletAccount,
      refundType: "INTENTS",
      recipient: walletAccount,
      recipientType: "INTENTS",
      deadline: at(finalTimeMs + 90_000),
    });
  });

  it("of the bus are asked by JSON-RPC, with the operator's token", async () => {
    await ask(swap, onlyBus());
    const { method, path, headers, body } = bus.asked.at(-1) ?? assert.fail();
    assert.deepEqual([method, path, headers["x-api-key"]], ["POST", "/rpc", token]);
    const params = [
      {
        defuse_asset_identifier_in: "nep141:wrap.near",
        defuse_asset_identifier_out: "nep141:usdc.near",
        exact_amount_in: "1000",
        min_deadline_ms: 60_000,
      },
    ];
    assert.deepEqual(body, { jsonrpc: "2.0", id: 1, method: "quote", params });
  });

  it("for an exact amount got say how little is to be given", async () => {
    const { quotes } = await ask({ ...swap, amount_in: null, amount_out: "3000" });
    assert.deepEqual(
      quotes.map(({ amountIn, amountOut }) => [amountIn, amountOut]),
      [
        ["1500", "3000"],
        ["1501", "3000"],
        ["1505", "3000"],
      ],
    );
    assert.equal(oneClick.asked.at(-1)?.body.swapType, "EXACT_OUTPUT");
  });

  it("are the same of a message as of its JSON", async () => {
    const { client } = planner();
    const quote = { tokenIn: "wrap.near", tokenOut: "nep141:usdc.near", amountIn: "1000" };
    const { quotes } = await client.getQuotes({ body: { case: "quote", value: quote } }, asWallet);
    assert.deepEqual(
      quotes.map(({ amountOut }) => amountOut),
      (await ask()).quotes.map(({ amountOut }) => amountOut),
    );
  });

  const refused: readonly (readonly [name: string, body: object, message: string])[] = [
    ["without a token", { ...swap, token_in: undefined }, "invalid workflow JSON: token_in is required"],
    ["of what is no token", { ...swap, token_in: "nep141:" }, "token_in is not a token id"],
    ["into what is no token", { ...swap, token_out: "x:y" }, "token_out is not a token id"],
    ["into the same token", { ...swap, token_out: "nep141:wrap.near" }, "token_out must not be token_in"],
    ["of both amounts", { ...swap, amount_out: "1" }, "amount_out must not stand beside amount_in"],
    ["of no amount", { ...swap, amount_in: undefined }, "amount_in or amount_out is required"],
    ["of nothing", { ...swap, amount_in: "0" }, "amount_in must be greater than zero"],
    ["of too much", { ...swap, amount_in: `${2n ** 127n}` }, "amount_in must be below 2^127"],
    ["with too much slippage", { ...swap, slippage_bps: 5001 }, "slippage_bps must be from 0 to 5000"],
    ["until what is no time", { ...swap, deadline: "soon" }, "deadline must be an RFC 3339 time"],
    [
      "until too soon",
      { ...swap, deadline: at(finalTimeMs + 59_999) },
      "deadline must be from 2029-01-01T00:01:00.000Z to 2029-01-02T00:00:00.000Z",
    ],
    [
      "until too late",
      { ...swap, deadline: at(finalTimeMs + 86_400_001) },
      "deadline must be from 2029-01-01T00:01:00.000Z to 2029-01-02T00:00:00.000Z",
    ],
  ];
  for (const [name, body, message] of refused) {
    it(`${name} are refused, and nobody is asked`, async () => {
      const before = [oneClick.asked.length, bus.asked.length];
      assert.equal(await failureOf(ask(body)), `InvalidArgument: ${message}`);
      assert.deepEqual([oneClick.asked.length, bus.asked.length], before);
    });
  }

  it("are not to be had where the operator has configured no source", async () => {
    const quoteSources = { oneClick: undefined, messageBus: undefined };
    assert.equal(await failureOf(ask(swap, { quoteSources })), "NotFound: no source of quotes is configured here");
  });

  it("are not asked for while the wallet's account or the chain's time is away, for they could not be judged", async () => {
    const before = oneClick.asked.length;
    const away = () => {
      throw new Error("away");
    };
    const account = await failureOf(ask(swap, { getAccount: away }));
    assert.equal(account, "Unavailable: the wallet's account is not to be had now: try again");
    const time = await failureOf(ask(swap, { getPayloadFacts: away }));
    assert.equal(time, "Unavailable: the chain's time is not to be had from NEAR now: try again");
    assert.equal(oneClick.asked.length, before);
  });

  it("wait seven seconds for what they are judged by, where a plan goes on after two or four", async () => {
    const waits: number[] = [];
    const timers = {
      after(ms: number, run: () => void) {
        waits.push(ms);
        queueMicrotask(run);
        return () => {};
      },
    };
    const never = () => new Promise<never>(() => {});
    await failureOf(ask(swap, { getAccount: never, getPayloadFacts: never, timers }));
    assert.deepEqual(waits, [7_000, 7_000]);
  });

  it("are asked of a source by 64 at once and no more", async () => {
    const answers: (() => void)[] = [];
    const slots = { requests_in_flight: 100, long_polls: 1, event_streams: 1 };
    const { client } = planner({ ...onlyBus(), slots });
    const one = () => client.getQuotes({ body: { case: "quoteJson", value: JSON.stringify(swap) } }, asWallet);
    const all = new Promise<void>((resolve) => {
      bus.answer((_, response) => {
        answers.push(() => void response.writeHead(200).end('{"jsonrpc":"2.0","id":1,"result":null}'));
        if (answers.length === 64) resolve();
        return undefined;
      });
    });
    const first = Array.from({ length: 64 }, one);
    await all;
    assert.deepEqual(
      (await one()).failures.map(({ message }) => message),
      ["message_bus is asked by too many now: try again"],
    );
    for (const answer of answers) answer();
    const messages = (await Promise.all(first)).map(({ failures }) => failures[0]?.message);
    assert.deepEqual(new Set(messages), new Set(["message_bus has no quote for these tokens and amounts"]));
    bus.answer(undefined);
    assert.equal((await one()).quotes.length, 2);
  });

  it("count as a plan does", async () => {
    let counted = "";
    const countPlan: Others["countPlan"] = ({ walletId }) => {
      counted = walletId;
      return {};
    };
    await ask(swap, { countPlan });
    assert.equal(counted, "wallet-1");
  });

  describe("from a source that answers otherwise", () => {
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
    for (const [name, answer, expected] of rows) {
      it(`answering ${name}: it is named, and takes nothing from the other`, async () => {
        oneClick.answer(answer);
        const { quotes, failures } = await ask();
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
      oneClick.answer(() => {
        for (const run of late) run();
        return undefined;
      });
      const { failures } = await ask(swap, { ...onlyOneClick(), timers });
      assert.deepEqual(
        failures.map(({ message }) => message),
        ["one_click did not answer in time"],
      );
    });

    it("in the log stands its status, and never the token or the address", async () => {
      oneClick.answer(status(403, `{"message":"bad ${token}"}`));
      const { client, lines } = planner(onlyOneClick());
      const value = JSON.stringify(swap);
      const { failures } = await client.getQuotes({ body: { case: "quoteJson", value } }, asWallet);
      assert.equal(failures[0]?.message, "one_click does not accept the operator's token");
      const said = lines.map((line) => JSON.stringify(line)).join("\n");
      assert.match(said, /HTTP 403: .*bad \[token\]/);
      assert.ok(!said.includes(token) && !said.includes(oneClick.url));
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
        bus.answer(() => answer);
        const { quotes, failures } = await ask(swap, onlyBus());
        assert.deepEqual([quotes, failures.map((failure) => failure.message)], [[], [message]]);
      });
    }

    it("with thousands of offers, as the bus: the five best of the first hundred are passed on", async () => {
      const offers = Array.from({ length: 120 }, (_, index) => ({ ...offer, amount_out: `${index + 1}` }));
      bus.answer(() => result({ quote_hash: "of another solver, and wrong" }, ...offers));
      const { quotes } = await ask(swap, onlyBus());
      assert.deepEqual(
        quotes.map(({ amountOut }) => amountOut),
        ["99", "98", "97", "96", "95"],
      );
    });
  });
});
