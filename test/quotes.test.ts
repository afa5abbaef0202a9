import assert from "node:assert/strict";
import { makeFinal } from "./support/on-chain.ts";
import { oneClickSigner } from "./support/one-click-quote.ts";
import { overGrpc, overRest, plainClients } from "./support/parity.ts";
import { worker } from "./support/parity-suite.ts";
import { type QuoteServer, startMessageBus, startOneClick } from "./support/quote-servers.ts";
import { describeShapes } from "./support/shapes.ts";
import { type System, startSystem, withSystem } from "./support/system.ts";

const wrap = "nep141:wrap.near";
const asked = { token_in: "wrap.near", token_out: "usdc.near", amount_in: "1000" };

describeShapes("a swap by a quote (rule: quote-is-held-against-the-step)", (shape) => {
  let system: System;
  let oneClick: QuoteServer;
  let bus: QuoteServer;
  before(async () => {
    [oneClick, bus] = await Promise.all([startOneClick(), startMessageBus()]);
    system = await startSystem({
      shape,
      environment: {
        QUOTES_1CLICK_URL: oneClick.url,
        QUOTES_1CLICK_TOKEN: "one-click-token-of-the-tests-0123456789",
        QUOTES_1CLICK_PUBLIC_KEY: oneClickSigner.publicKey,
        QUOTES_BUS_URL: bus.url,
        QUOTES_BUS_TOKEN: "message-bus-token-of-the-tests-0123456789",
      },
    });
  });
  after(async () => {
    await system.stop();
    await Promise.all([oneClick.close(), bus.close()]);
  });

  const step = async () => {
    const { status, body } = await system.rest().post("/quotes", asked);
    assert.equal(status, 200, body.message);
    assert.deepEqual(body.failures, []);
    const [first, ...others] = body.quotes;
    assert.deepEqual([first.source, first.executable, others.length], ["one_click", true, 2]);
    return first.step;
  };
  const held = (accountId: string) => system.devnet.controls.verifier.balanceOf(accountId, wrap);
  const wallet = () => system.devnet.wallets[0]?.accountId ?? "";

  const refused = async (changed: object, message: string) => {
    const [before, given] = [held(wallet()), await step()];
    const { body } = await system.rest().execute([{ ...given, ...changed }]);
    assert.deepEqual([body.status, body.error_code], ["rejected", "planner_rejected"], body.message);
    assert.equal(body.user_visible_error, message);
    assert.equal(held(wallet()), before);
  };

  it("is executed as it was offered: the deposit is at its address, and the record has the signed quote", async () => {
    const given = await step();
    const [before, deposited] = [held(wallet()), held(given.deposit_address)];
    let { body } = await system.rest().execute([given]);
    while (body.retry_after_ms !== undefined && body.retry_after_ms !== null) {
      body = (await system.rest().get(`/workflows/${body.request_id}?wait=25`)).body;
    }
    assert.equal(body.status, "succeeded", body.user_visible_error);
    assert.equal(held(given.deposit_address) - deposited, 1000n);
    assert.equal(held(wallet()), before - 1000n);
    assert.deepEqual(body.original_request_json.steps, [given]);
  });

  it("is offered alike over REST and gRPC", async () => {
    const deadline = new Date(system.devnet.controls.clock.now() + 600_000).toISOString();
    const question = { call: "quotes", body: JSON.stringify({ ...asked, deadline }), headers: worker() } as const;
    const clients = plainClients(system);
    const [rest, grpc] = [await overRest(system)(question), await overGrpc(clients)(question)];
    clients.close();
    assert.deepEqual(grpc.answer, rest.answer);
    assert.equal((rest.answer as { readonly quotes?: readonly unknown[] }).quotes?.length, 3);
  });

  it("is planned with its minimum checked, which that of a deposit without its quote is not", async () => {
    const { quote: _, ...bare } = await step();
    const unchecked = async (one: object) =>
      (await system.rest().post("/workflows/plan", { steps: [one] })).body.unchecked;
    // Facts of the gate are left out where they come late.
    assert.deepEqual((await unchecked(await step())).includes("deposit_quote"), false);
    assert.deepEqual((await unchecked(bare)).includes("deposit_quote"), true);
  });

  it("is refused for more than the quote promises", () =>
    refused({ min_amount_out: "1981" }, "steps[0].min_amount_out is 1981, and the quote promises 1980"));

  it("is refused at another address than the quote's", () =>
    refused({ deposit_address: "mallory.near" }, "steps[0].deposit_address is not the quote's"));

  it("is refused where its quote was changed", async () => {
    const { quote } = await step();
    const forged = { ...quote, quote: { ...quote.quote, depositAddress: "mallory.near" } };
    await refused(
      { deposit_address: "mallory.near", quote: forged },
      `steps[0].quote is not signed by ${oneClickSigner.publicKey}, the key of 1Click`,
    );
  });

  it("is refused of another wallet, whom the quote would not pay", async () => {
    const given = await step();
    // From then on the planner knows the other wallet's account.
    assert.equal((await system.rest("wallet-2").post("/quotes", asked)).status, 200);
    const { body } = await system.rest("wallet-2").execute([given]);
    assert.equal(body.user_visible_error, `steps[0].quote pays ${wallet()}, which is not the wallet's own account`);
  });

  it("is refused once its quote has ended, by the chain's time", async () => {
    const deadline = new Date(system.devnet.controls.clock.now() + 60_500).toISOString();
    const { body } = await system.rest().post("/quotes", { ...asked, deadline });
    assert.equal(body.quotes[0].expires_at, deadline);
    system.devnet.controls.clock.advance(120_000);
    makeFinal(system);
    const late = await system.rest().execute([body.quotes[0].step]);
    assert.equal(late.body.status, "rejected", late.body.message);
    assert.match(
      late.body.user_visible_error,
      /^steps\[0\]\.quote holds until .*: to be dispatched it must hold until/,
    );
  });

  it("is not to be had where no source is configured", () =>
    withSystem({ shape }, async (bare) => {
      const { status, body } = await bare.rest().post("/quotes", asked);
      assert.deepEqual([status, body.message], [404, "no source of quotes is configured here"]);
    }));
});
