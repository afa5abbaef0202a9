import assert from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { Environment } from "@outlayer/kit";
import { keyPairFromSeed } from "@outlayer/near";
import { makeFinal } from "./support/on-chain.ts";
import { oneClickSigner, signedQuote } from "./support/one-click-quote.ts";
import {
  messageFor,
  nearWallet,
  type OwnWallet,
  sessionEnvironment,
  sessionOf,
  tokenFor,
} from "./support/own-wallets.ts";
import { overGrpc, overRest, plainClients } from "./support/parity.ts";
import { wideQuotas } from "./support/product-environment.ts";
import { type QuoteServer, quoteFor, startOneClick } from "./support/quote-servers.ts";
import type { RestClient } from "./support/rest-client.ts";
import { describeShapes } from "./support/shapes.ts";
import { type System, startSystem, withSystem } from "./support/system.ts";

const wrap = "nep141:wrap.near";
const usdc = "nep141:usdc.near";
const asked = { token_in: "wrap.near", token_out: "usdc.near", amount_in: "1000" };

const alice = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x74)));
const bob = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x75)));

/** A quote of 1Click as REST answers it. */
interface Offered {
  readonly expires_at: string;
  readonly step: JsonObject & { readonly quote: JsonObject & { readonly quote: JsonObject } };
  readonly to_sign: {
    readonly signer_id: string;
    readonly verifying_contract: string;
    readonly deadline: string;
    readonly intents: readonly JsonObject[];
  };
}

const environmentWith = (oneClick: QuoteServer): Environment => ({
  ...sessionEnvironment,
  QUOTES_1CLICK_URL: oneClick.url,
  QUOTES_1CLICK_PUBLIC_KEY: oneClickSigner.publicKey,
});

describeShapes("a swap of a session's (rule: quote-is-held-against-the-step)", (shape) => {
  let system: System;
  let oneClick: QuoteServer;
  let session: RestClient;
  before(async () => {
    oneClick = await startOneClick();
    system = await startSystem({ shape, environment: environmentWith(oneClick) });
    for (const { accountId } of [alice, bob]) system.devnet.controls.verifier.credit(accountId, wrap, 100_000n);
    session = await sessionOf(system, alice.accountId);
  });
  afterEach(() => oneClick.answer(undefined));
  after(async () => {
    await system.stop();
    await oneClick.close();
  });

  const held = (accountId: string) => system.devnet.controls.verifier.balanceOf(accountId, wrap);

  const offered = async (by = session, body: object = asked): Promise<Offered> => {
    const { status, body: answer } = await by.post("/quotes", body);
    assert.deepEqual([status, answer.failures], [200, []], answer.message);
    return answer.quotes[0];
  };

  /** What the account signs, as the answer has it. */
  const signed = ({ to_sign }: Pick<Offered, "to_sign">, changed: object = {}, by: OwnWallet = alice): object => {
    const [transfer] = to_sign.intents;
    const message = {
      signerId: to_sign.signer_id,
      recipient: to_sign.verifying_contract,
      deadlineMs: Date.parse(to_sign.deadline),
    };
    return by.sign(messageFor(system, by, [{ ...transfer, ...changed }], message));
  };
  const taken = (offer: Offered, payload = signed(offer)) => ({ ...offer.step, payloads: [payload] });

  const refused = async (steps: readonly object[]): Promise<string> => {
    const before = held(alice.accountId);
    const { body } = await session.execute(steps);
    assert.deepEqual([body.status, body.error_code], ["rejected", "planner_rejected"], body.message);
    assert.equal(held(alice.accountId), before);
    return body.user_visible_error;
  };
  const at = "steps[0].payloads[0].intents[0]";

  it("is offered with what the account signs, to its own account, in place of a step that a keystore would sign", async () => {
    const { step, to_sign, expires_at } = await offered();
    const { quote, ...plain } = step;
    assert.deepEqual(plain, {
      kind: "intents.execute_signed",
      payloads: [],
      token_out: usdc,
      min_amount_out: "1980",
    });
    const address = String(quote.quote.depositAddress);
    assert.deepEqual(to_sign, {
      signer_id: alice.accountId,
      verifying_contract: system.devnet.verifierId,
      deadline: expires_at,
      intents: [{ intent: "transfer", receiver_id: address, tokens: { [wrap]: "1000" } }],
    });
    const { recipient, recipientType, refundTo, refundType } = oneClick.asked.at(-1)?.body ?? {};
    assert.deepEqual(
      [recipient, recipientType, refundTo, refundType],
      [alice.accountId, "INTENTS", alice.accountId, "INTENTS"],
    );
  });

  it("is carried as it was signed: the deposit is at its address, and the record has the signed quote", async () => {
    const offer = await offered();
    const address = String(offer.step.quote.quote.depositAddress);
    const [before, deposited] = [held(alice.accountId), held(address)];
    const payload = signed(offer);
    const { body: first } = await session.execute([taken(offer, payload)]);
    const body = await session.ended(first.request_id);
    assert.equal(body.status, "succeeded", body.user_visible_error);
    assert.deepEqual([held(address) - deposited, before - held(alice.accountId)], [1000n, 1000n]);
    const { payload_sha256 } = body.signers[0].payloads[0];
    assert.deepEqual(body.original_request_json.steps, [{ ...offer.step, payloads: [{ payload_sha256 }] }]);
    assert.equal(body.signers[0].payloads[0].payload_json, JSON.stringify(payload));
    assert.deepEqual(body.plan_json.unchecked.includes("deposit_quote"), false);
  });

  it("is rehearsed by a preflight, which says what the account lacks", async () => {
    const preflight = async (amount_in: string) => {
      const step = taken(await offered(session, { ...asked, amount_in }));
      return (await session.post("/workflows/preflight", { steps: [step] })).body.abort_reasons;
    };
    assert.deepEqual(await preflight("1000"), []);
    assert.deepEqual(await preflight("1000000"), ["wallet_tokens", "simulation"]);
  });

  it("carries the memo that 1Click asks for", async () => {
    oneClick.answer(({ body }) =>
      signedQuote({ quoteRequest: body, quote: { ...quoteFor(body), depositMemo: "1111111" } }),
    );
    const offer = await offered();
    assert.equal(offer.to_sign.intents[0]?.memo, "1111111");
    assert.equal(
      await refused([taken(offer, signed(offer, { memo: null }))]),
      `${at}.memo must be the quote's deposit memo`,
    );
    const { body } = await session.execute([taken(offer)]);
    assert.equal((await session.ended(body.request_id)).status, "succeeded");
  });

  it("is signed until no later than was asked for, whatever the quote says", async () => {
    const later = new Date(system.devnet.controls.clock.now() + 5 * 86_400_000).toISOString();
    oneClick.answer(({ body }) =>
      signedQuote({
        quoteRequest: { ...body, deadline: later },
        quote: { ...quoteFor(body), deadline: later, timeWhenInactive: later },
      }),
    );
    const deadline = new Date(system.devnet.controls.clock.now() + 600_000).toISOString();
    const offer = await offered(session, { ...asked, deadline });
    assert.deepEqual([offer.expires_at, offer.to_sign.deadline], [later, deadline]);
    const { body } = await session.post("/workflows/plan", { steps: [taken(offer)] });
    assert.equal(body.executable, true, JSON.stringify(body.setup_requirements));
  });

  it("is offered and planned alike over REST and gRPC", async () => {
    const deadline = new Date(system.devnet.controls.clock.now() + 600_000).toISOString();
    const headers = { authorization: `Bearer ${await tokenFor(alice.accountId)}` };
    const question = { call: "quotes", body: JSON.stringify({ ...asked, deadline }), headers } as const;
    const clients = plainClients(system);
    const [rest, grpc] = [await overRest(system)(question), await overGrpc(clients)(question)];
    clients.close();
    assert.deepEqual(grpc.answer, rest.answer);
    const { quotes } = rest.answer as unknown as { readonly quotes: readonly Offered[] };
    const [offer] = quotes;
    assert.ok(offer !== undefined);
    const { quote, payloads, ...step } = taken(offer) as JsonObject & { quote: JsonObject; payloads: JsonObject[] };
    const planner = createClient(PlannerService, createGrpcTransport({ baseUrl: system.product.grpc.planner }));
    const plan = async (minAmountOut: string) => {
      const one = { kind: String(step.kind), tokenOut: String(step.token_out), minAmountOut, quote, payloads };
      return (await planner.plan({ body: { case: "workflow", value: { steps: [one] } } }, { headers })).plan;
    };
    assert.equal((await plan("1980"))?.executable, true);
    const short = await plan("1981");
    assert.equal(
      short?.setupRequirements[0]?.requirement,
      "steps[0].min_amount_out is 1981, and the quote promises 1980",
    );
  });

  it("is refused by a quote of another account, whom it would pay", async () => {
    const { step } = await offered(await sessionOf(system, bob.accountId));
    const own = await offered();
    const said = await refused([{ ...step, payloads: [signed(own)] }]);
    assert.equal(said, `steps[0].quote pays ${bob.accountId}, which is not the wallet's own account`);
  });

  it("is refused of another amount, another token and another receiver than the quote's", async () => {
    const offer = await offered();
    const changed = (given: object) => refused([taken(offer, signed(offer, given))]);
    assert.equal(
      await changed({ tokens: { [wrap]: "999" } }),
      `${at}.tokens["${wrap}"] is 999, and the quote is for 1000`,
    );
    assert.equal(await changed({ tokens: { [usdc]: "1000" } }), `${at}.tokens is not the quote's ${wrap}`);
    assert.equal(await changed({ receiver_id: "mike.near" }), `${at}.receiver_id is not the quote's`);
  });

  it("is refused for more than the quote promises", async () =>
    assert.equal(
      await refused([{ ...taken(await offered()), min_amount_out: "1981" }]),
      "steps[0].min_amount_out is 1981, and the quote promises 1980",
    ));

  it("is refused with more than the deposit in what was signed", async () => {
    const offer = await offered();
    const [transfer] = offer.to_sign.intents;
    const deadlineMs = Date.parse(offer.to_sign.deadline);
    const intents = [{ ...transfer }, { ...transfer, receiver_id: "mike.near" }];
    const both = alice.sign(messageFor(system, alice, intents, { deadlineMs }));
    const alone = "steps[0].payloads must hold the quote's deposit alone: one payload with one transfer of one token";
    assert.equal(await refused([taken(offer, both)]), alone);
    assert.equal(await refused([{ ...offer.step, payloads: [signed(offer), signed(offer)] }]), alone);
  });

  it("is refused where its quote was changed", async () => {
    const { step, to_sign } = await offered();
    const forged = { ...step.quote, quote: { ...step.quote.quote, depositAddress: "mallory.near" } };
    const payload = signed({ to_sign }, { receiver_id: "mallory.near" });
    assert.equal(
      await refused([{ ...step, quote: forged, payloads: [payload] }]),
      `steps[0].quote is not signed by ${oneClickSigner.publicKey}, the key of 1Click`,
    );
  });

  it("is refused in a second step with the same quote", async () => {
    const offer = await offered();
    assert.equal(
      await refused([taken(offer), taken(offer)]),
      `steps[1].payloads[0].intents[0].receiver_id is ${at}.receiver_id: a quote is for one deposit`,
    );
  });

  it("is refused once its quote is over, by the chain's time", async () => {
    const deadline = new Date(system.devnet.controls.clock.now() + 60_500).toISOString();
    const offer = await offered(session, { ...asked, deadline });
    const late = signed({ to_sign: { ...offer.to_sign, deadline: new Date(Date.parse(deadline) + 1).toISOString() } });
    assert.match(
      await refused([taken(offer, late)]),
      /^steps\[0\]\.payloads\[0\] holds until .*: the quote ends at .*, and a deposit after that may be lost$/,
    );
    const payload = signed(offer);
    system.devnet.controls.clock.advance(120_000);
    makeFinal(system);
    assert.match(
      await refused([taken(offer, payload)]),
      /^steps\[0\]\.quote holds until .*: to be dispatched it must hold until .* at least$/,
    );
  });

  it("with counterparties stays refused, for their payloads are not its own", async () => {
    const step = { kind: "intents.swap", token_in: wrap, token_out: usdc, amount_in: "1000", min_amount_out: "1" };
    const theirs = bob.sign(messageFor(system, bob, []));
    const { status } = await session.post("/workflows/plan", { steps: [{ ...step, counterparty_signed: [theirs] }] });
    assert.equal(status, 403);
    const offer = await offered();
    assert.equal(
      await refused([{ ...offer.step, payloads: [signed(offer), theirs] }]),
      `steps[0].payloads[1] is signed for ${bob.accountId}: a session carries payloads of ${alice.accountId} alone`,
    );
  });
});

describe("quotes for sessions", () => {
  let oneClick: QuoteServer;
  before(async () => {
    oneClick = await startOneClick();
  });
  after(() => oneClick.close());

  it("are not to be had where nothing carries what sessions sign, and nobody is asked", () => {
    const { SERVICE_WALLET_ID: _, ...environment } = environmentWith(oneClick);
    return withSystem({ environment }, async (system) => {
      const { status, body } = await (await sessionOf(system, alice.accountId)).post("/quotes", asked);
      const why = "the operator has set no service wallet (SERVICE_WALLET_ID)";
      const message = `what a session signs cannot be carried here: ${why}`;
      assert.deepEqual([status, body.message], [404, message]);
      const headers = { authorization: `Bearer ${await tokenFor(alice.accountId)}` };
      const clients = plainClients(system);
      const grpc = await overGrpc(clients)({ call: "quotes", body: JSON.stringify(asked), headers });
      clients.close();
      assert.deepEqual([grpc.code, grpc.message, grpc.reason], [Code.NotFound, message, "NO_SERVICE_WALLET"]);
      assert.equal(oneClick.asked.length, 0);
    });
  });

  it("are counted as plans of all sessions together, and nobody is asked beyond that", () => {
    const quotas = { ...JSON.parse(wideQuotas), "account:": { plans_per_minute: 0 } };
    const environment = { ...environmentWith(oneClick), WALLET_QUOTAS_JSON: JSON.stringify(quotas) };
    return withSystem({ environment }, async (system) => {
      for (const { accountId } of [alice, bob]) {
        const { status, body } = await (await sessionOf(system, accountId)).post("/quotes", asked);
        assert.deepEqual([status, body.quota], [429, "plans_per_minute"]);
        assert.match(body.message, /^all sessions together /);
      }
      assert.equal(oneClick.asked.length, 0);
      assert.equal((await system.rest().post("/quotes", asked)).status, 200);
    });
  });
});
