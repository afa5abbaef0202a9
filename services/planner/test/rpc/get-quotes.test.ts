import assert from "node:assert/strict";
import { walletAccount } from "../support/planning.ts";
import { at, finalTimeMs, Quoting, swap, token } from "../support/quoting.ts";
import { asWallet, failureOf, type Others } from "../support/server.ts";

describe("quotes", () => {
  const quoting = new Quoting();

  it("of 1Click come with the step that takes them, and those of the bus as prices, the best first", async () => {
    const { quotes, failures } = await quoting.ask();
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
    await quoting.ask({ ...swap, slippage_bps: 50, deadline: at(finalTimeMs + 90_000) }, quoting.onlyOneClick());
    const { method, path, headers, body } = quoting.oneClick.asked.at(-1) ?? assert.fail();
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
    await quoting.ask(swap, quoting.onlyBus());
    const { method, path, headers, body } = quoting.bus.asked.at(-1) ?? assert.fail();
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
    const { quotes } = await quoting.ask({ ...swap, amount_in: null, amount_out: "3000" });
    assert.deepEqual(
      quotes.map(({ amountIn, amountOut }) => [amountIn, amountOut]),
      [
        ["1500", "3000"],
        ["1501", "3000"],
        ["1505", "3000"],
      ],
    );
    assert.equal(quoting.oneClick.asked.at(-1)?.body.swapType, "EXACT_OUTPUT");
  });

  it("are the same of a message as of its JSON", async () => {
    const { client } = quoting.planner();
    const quote = { tokenIn: "wrap.near", tokenOut: "nep141:usdc.near", amountIn: "1000" };
    const { quotes } = await client.getQuotes({ body: { case: "quote", value: quote } }, asWallet);
    assert.deepEqual(
      quotes.map(({ amountOut }) => amountOut),
      (await quoting.ask()).quotes.map(({ amountOut }) => amountOut),
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
      const before = [quoting.oneClick.asked.length, quoting.bus.asked.length];
      assert.equal(await failureOf(quoting.ask(body)), `InvalidArgument: ${message}`);
      assert.deepEqual([quoting.oneClick.asked.length, quoting.bus.asked.length], before);
    });
  }

  it("are not to be had where the operator has configured no source", async () => {
    const quoteSources = { oneClick: undefined, messageBus: undefined };
    assert.equal(
      await failureOf(quoting.ask(swap, { quoteSources })),
      "NotFound: no source of quotes is configured here",
    );
  });

  it("are not asked for while the wallet's account or the chain's time is away, for they could not be judged", async () => {
    const before = quoting.oneClick.asked.length;
    const away = () => {
      throw new Error("away");
    };
    const account = await failureOf(quoting.ask(swap, { getAccount: away }));
    assert.equal(account, "Unavailable: the wallet's account is not to be had now: try again");
    const time = await failureOf(quoting.ask(swap, { getPayloadFacts: away }));
    assert.equal(time, "Unavailable: the chain's time is not to be had from NEAR now: try again");
    assert.equal(quoting.oneClick.asked.length, before);
  });

  it("wait four seconds for all that they are judged by, where a plan goes on after two without the account", async () => {
    const waits: number[] = [];
    const timers = {
      after(ms: number, run: () => void) {
        waits.push(ms);
        queueMicrotask(run);
        return () => {};
      },
    };
    const never = () => new Promise<never>(() => {});
    await failureOf(quoting.ask(swap, { getAccount: never, getPayloadFacts: never, timers }));
    assert.deepEqual(waits, [3_000, 3_000]);
  });

  it("are asked of a source by 64 at once and no more", async () => {
    const answers: (() => void)[] = [];
    const slots = { requests_in_flight: 100, long_polls: 1, event_streams: 1 };
    const { client } = quoting.planner({ ...quoting.onlyBus(), slots });
    const one = () => client.getQuotes({ body: { case: "quoteJson", value: JSON.stringify(swap) } }, asWallet);
    const all = new Promise<void>((resolve) => {
      quoting.bus.answer((_, response) => {
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
    quoting.bus.answer(undefined);
    assert.equal((await one()).quotes.length, 2);
  });

  it("count as a plan does", async () => {
    let counted = "";
    const countPlan: Others["countPlan"] = ({ walletId }) => {
      counted = walletId;
      return {};
    };
    await quoting.ask(swap, { countPlan });
    assert.equal(counted, "wallet-1");
  });
});
