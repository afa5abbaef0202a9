import assert from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { keyPairFromSeed } from "@outlayer/near";
import { recordJson } from "@outlayer/workflow";
import { makeFinal } from "./support/on-chain.ts";
import {
  type Message,
  messageFor,
  nearWallet,
  type OwnWallet,
  ownWallets,
  passkeyWallet,
  serviceWalletId,
  sessionEnvironment,
  sessionOf,
  signedStep,
  tokenFor,
} from "./support/own-wallets.ts";
import type { RestClient } from "./support/rest-client.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";
import { type System, startSystem } from "./support/system.ts";

const wrap = "nep141:wrap.near";
const usdc = "nep141:usdc.near";
const give = (amount: string, receiver_id = "mike.near") => ({
  intent: "transfer",
  receiver_id,
  tokens: { [wrap]: amount },
});

const alice = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x71)));
const bob = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x72)));
const carol = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x73)));
const { publicKey: p256Key } = passkeyWallet(0x42);

describeShapes("a session's own payloads (rule: own-payloads-are-the-sessions-own)", (shape) => {
  let system: System;
  let session: RestClient;
  before(async () => {
    system = await startSystem({ shape, environment: sessionEnvironment });
    for (const { accountId } of [alice, bob, ...wallets])
      system.devnet.controls.verifier.credit(accountId, wrap, 10_000n);
    session = await sessionOf(system, alice.accountId);
  });
  after(() => system.stop());

  const wallets = ownWallets();
  const of = (accountId: string) => system.devnet.controls.verifier.balanceOf(accountId, wrap);
  const signed = (
    intents: readonly object[],
    given: Partial<Message> & { salt?: string } = {},
    by: OwnWallet = alice,
  ) => by.sign(messageFor(system, by, intents, given));

  for (const wallet of wallets) {
    it(`are carried as they are: ${wallet.name}`, async () => {
      const own = await sessionOf(system, wallet.accountId);
      const [before, mikes] = [of(wallet.accountId), of("mike.near")];
      const payload = signed([give("7")], {}, wallet);
      const { body: record, status } = await own.execute([signedStep(payload)]);
      assert.deepEqual([status, record.status], [200, "succeeded"], record.message);
      assert.deepEqual([before - of(wallet.accountId), of("mike.near") - mikes], [7n, 7n]);
      assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-7" });
      assert.deepEqual(record.signed_nep413_payloads, []);
      const [signers] = record.signers;
      assert.deepEqual(signers.payloads[0].signer, { account_id: wallet.accountId, public_key: wallet.publicKey });
      assert.equal(signers.payloads[0].payload_json, JSON.stringify(payload));
      assert.equal(signers.payloads[0].standard, wallet.name.split(" ")[0]);
      // The verifier names the payload by the same hash.
      assert.match(JSON.stringify(record.dispatch_receipts[0].logs), new RegExp(signers.payloads[0].intent_hash));
      assert.notEqual(signers.delegate.account_id, wallet.accountId);
    });
  }

  it("are executed together, in several steps, in order", async () => {
    const before = of(alice.accountId);
    const steps = [
      signedStep(signed([give("1")]), signed([give("2")])),
      signedStep(signed([give("4")])),
      signedStep(signed([])),
    ];
    const { body: record } = await session.execute(steps);
    assert.equal(record.status, "succeeded", record.message);
    assert.equal(before - of(alice.accountId), 7n);
    assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-7" });
    assert.deepEqual(
      record.signers.map(({ payloads }: { payloads: object[] }) => payloads.length),
      [2, 1, 1],
    );
    const heights = record.dispatch_block_heights as number[];
    assert.deepEqual([...heights].sort(), heights);
  });

  it("are carried over gRPC alike", async () => {
    const headers = { authorization: `Bearer ${await tokenFor(alice.accountId)}` };
    const planner = createClient(PlannerService, createGrpcTransport({ baseUrl: system.product.grpc.planner }));
    const payloads = [signed([give("1")])] as JsonObject[];
    const workflow = { steps: [{ kind: "intents.execute_signed", payloads }] };
    const body = { case: "workflow" as const, value: workflow };
    assert.equal((await planner.plan({ body }, { headers })).plan?.executable, true);
    const { record } = await planner.executeWorkflow({ body }, { headers });
    assert.ok(record);
    const ended = await session.ended(record.requestId);
    assert.equal(ended.status, "succeeded", ended.user_visible_error);
    const records = createClient(RecordService, createGrpcTransport({ baseUrl: system.product.grpc.evidence }));
    const whole = await records.getRecord({ requestId: record.requestId }, { headers });
    assert.deepEqual(recordJson(whole), ended);
    const keystores = { case: "workflowJson" as const, value: JSON.stringify({ steps: [dust] }) };
    const error = await planner.plan({ body: keystores }, { headers }).then(
      () => undefined,
      (refused) => ConnectError.from(refused),
    );
    assert.equal(error?.code, Code.PermissionDenied);
  });

  it("are looked at by preflight as they are", async () => {
    const { body } = await session.post("/workflows/preflight", { steps: [signedStep(signed([give("3")]))] });
    assert.deepEqual(body.abort_reasons, []);
    const simulation = body.checks.find(({ name }: { name: string }) => name === "simulation");
    assert.deepEqual([simulation.ok, simulation.expected], [true, "balanced"]);
    const { body: short } = await session.post("/workflows/preflight", {
      steps: [signedStep(signed([give("1000000")]))],
    });
    assert.deepEqual(short.abort_reasons, ["wallet_tokens", "simulation"]);
  });

  const refusal = async (...steps: readonly object[]) => {
    const { status, body } = await session.execute(steps);
    assert.deepEqual([status, body.status, body.error_code], [400, "rejected", "planner_rejected"], body.message);
    return body.user_visible_error as string;
  };
  const at = "steps[0].payloads[0]";

  it("of somebody else inside a batch of one's own are refused by name", async () => {
    const said = await refusal(signedStep(signed([give("1")]), signed([give("1")], {}, bob)));
    assert.equal(
      said,
      `steps[0].payloads[1] is signed for ${bob.accountId}: a session carries payloads of ${alice.accountId} alone`,
    );
  });

  it("with the account's name and another's key are refused", async () => {
    const forged = signed([give("1")], { signerId: alice.accountId }, bob);
    assert.equal(
      await refusal(signedStep(forged)),
      `${at} is signed by ${bob.publicKey}, which is not a key of ${alice.accountId} in the verifier`,
    );
  });

  it("by a key of another curve with the bytes of a registered one are refused", async () => {
    const p256 = passkeyWallet(0x41);
    const registered = p256.publicKey.replace("p256:", "secp256k1:");
    const { verifier } = system.devnet.controls;
    verifier.addKey(alice.accountId, registered);
    makeFinal(system);
    const { body } = await session.get(`/accounts/${alice.accountId}?public_key=${registered}`);
    assert.equal(body.asked_key.registered, true);
    const payload = p256.sign(messageFor(system, alice, [give("1")]));
    assert.equal(
      await refusal(signedStep(payload)),
      `${at} is signed by ${p256.publicKey}, which is not a key of ${alice.accountId} in the verifier`,
    );
    verifier.addKey(alice.accountId, p256.publicKey);
    makeFinal(system);
    const { body: record } = await session.execute([signedStep(payload)]);
    assert.equal(record.status, "succeeded", record.user_visible_error);
  });

  it("with a signature that is not valid are refused", async () => {
    const payload = { ...signed([give("1")]), signature: Reflect.get(signed([give("2")]), "signature") };
    assert.equal(await refusal(signedStep(payload)), `${at} has a signature that is not valid`);
  });

  it("for another verifier are refused", async () => {
    const payload = signed([give("1")], { recipient: "other.near" });
    assert.equal(await refusal(signedStep(payload)), `${at} is signed for another verifier than intents.near`);
  });

  it("whose deadline ends before they could be dispatched are refused with the times", async () => {
    const deadlineMs = system.devnet.controls.clock.now() + 2_000;
    const said = await refusal(signedStep(signed([give("1")], { deadlineMs })));
    const ends = new Date(deadlineMs).toISOString();
    assert.match(said, new RegExp(`^.* holds until ${ends}: to be dispatched it must hold until .* at least$`));
  });

  it("that would keep the workflow open for more than a day are refused", async () => {
    const deadlineMs = system.devnet.controls.clock.now() + 2 * 86_400_000;
    const said = await refusal(signedStep(signed([give("1")], { deadlineMs })));
    assert.match(said, /holds until .*: it must hold until .* at most, for until then it may be executed$/);
  });

  it("whose nonce has an old salt are refused by name", async () => {
    const { verifier } = system.devnet.controls;
    const payload = signed([give("1")]);
    verifier.invalidateSalts([verifier.currentSalt]);
    makeFinal(system);
    assert.equal(await refusal(signedStep(payload)), `${at} has a nonce with a salt that the verifier no longer takes`);
  });

  it("whose nonce ends before they do are refused", async () => {
    const message = messageFor(system, alice, [give("1")]);
    const payload = alice.sign({ ...message, deadlineMs: message.deadlineMs + 8 * 86_400_000 });
    assert.equal(await refusal(signedStep(payload)), `${at} has a deadline after that of its nonce`);
  });

  it("whose nonce is used up are refused", async () => {
    const payload = signed([give("1")]);
    assert.equal((await session.execute([signedStep(payload)])).body.status, "succeeded");
    makeFinal(system);
    assert.equal(await refusal(signedStep(payload)), `${at} has a nonce that ${alice.accountId} has used up`);
  });

  it("that are the same twice are refused, in one step and in two", async () => {
    const payload = signed([give("1")]);
    const said = (other: string) => `${other} has signer and nonce of ${at}: only one of them can execute`;
    assert.equal(await refusal(signedStep(payload, payload)), said("steps[0].payloads[1]"));
    assert.equal(await refusal(signedStep(payload), signedStep(payload)), said("steps[1].payloads[0]"));
  });

  it("that remove the key that signs them are refused unless that is asked for by name", async () => {
    const { verifier } = system.devnet.controls;
    const other = alice.publicKey;
    verifier.addKey(carol.accountId, other);
    makeFinal(system);
    const carols = await sessionOf(system, carol.accountId);
    const removal = (public_key: string) => ({ intent: "remove_public_key", public_key });
    const rotation = [{ intent: "add_public_key", public_key: p256Key }, removal(carol.publicKey)];
    const rotating = signedStep(signed([], {}, carol), signed(rotation, {}, carol));
    const { body: refused } = await carols.execute([rotating]);
    assert.deepEqual(
      [refused.error_code, refused.user_visible_error],
      [
        "planner_rejected",
        "steps[0].payloads[1].intents[1].public_key is the key that signs this payload: without it the account may have no key left; set remove_signing_key to remove it all the same",
      ],
    );
    const keys = async () => {
      const { body } = await carols.get(`/accounts/${carol.accountId}`);
      return body.keys.map(({ public_key }: { public_key: string }) => public_key).toSorted();
    };
    assert.deepEqual(await keys(), [other, carol.publicKey].toSorted());
    // Another key than the one that signs may go.
    const { body: first } = await carols.execute([signedStep(signed([removal(other)], {}, carol))]);
    assert.equal(first.status, "succeeded", first.user_visible_error);
    const { body: asked } = await carols.execute([{ ...rotating, remove_signing_key: true }]);
    assert.equal(asked.status, "succeeded", asked.user_visible_error);
    assert.deepEqual(await keys(), [p256Key]);
  });

  it("that do not balance are refused with the numbers", async () => {
    const said = await refusal(signedStep(signed([{ intent: "token_diff", diff: { [wrap]: "-5", [usdc]: "9" } }])));
    assert.equal(
      said,
      `steps[0] does not balance: 0 of ${usdc} is delivered after the verifier's fee of 1 millionths, and 9 is taken`,
    );
  });

  it("with intents that the verifier would refuse are refused by name", async () => {
    const place = `${at}.intents[0]`;
    assert.equal(
      await refusal(signedStep(signed([{ intent: "give_all" }]))),
      `${place}.intent is not one of the verifier's intents`,
    );
    assert.equal(
      await refusal(signedStep(signed([give("0")]))),
      `${place}.tokens["${wrap}"] must be greater than zero`,
    );
    assert.match(await refusal(signedStep(signed([give("1", alice.accountId)]))), /receiver_id must not be/);
  });

  it("are bounded in number", async () => {
    const many = (count: number) => Array.from({ length: count }, () => signed([]));
    assert.equal(await refusal(signedStep(...many(5))), "steps[0].payloads must have at most 4 payloads");
    const five = Array.from({ length: 5 }, () => signedStep(...many(4)));
    assert.equal(await refusal(...five), "a workflow carries at most 16 signed payloads, and steps hold 20");
    assert.equal(await refusal(signedStep()), "steps[0].payloads must not be empty");
    const intents = Array.from({ length: 33 }, () => give("1"));
    assert.equal(await refusal(signedStep(signed(intents))), "steps[0] must have at most 32 intents, and has 33");
    const memo = "x".repeat(33_000);
    assert.match(
      await refusal(signedStep(signed([{ ...give("1"), memo }]))),
      /^steps\[0\]\.payloads must have at most 32768 bytes, and have \d+$/,
    );
  });

  it("stand beside no step that a keystore's wallet would sign", async () => {
    const steps = [signedStep(signed([give("1")])), dust];
    for (const path of ["plan", "preflight", "execute"]) {
      const { status, body } = await session.post(`/workflows/${path}`, { steps });
      assert.deepEqual(
        [status, body.message],
        [
          403,
          "a session cannot have steps[1] (intents.transfer) signed: send it with the credentials of the wallet that is to sign",
        ],
      );
    }
  });

  it("are not for wallets of the keystore's, nor is the service wallet", async () => {
    const { body } = await system.rest().execute([signedStep(signed([give("1")]))]);
    assert.equal(
      body.user_visible_error,
      "steps[0] is for sessions, which sign for themselves: a wallet of the keystore's has its intents signed",
    );
    const { body: service } = await system.rest(serviceWalletId).execute([dust]);
    assert.deepEqual(
      [service.status, service.user_visible_error],
      ["failed", "the service wallet signs for sessions alone"],
    );
  });

  it("are withdrawn by their session alone, and possible until their deadline", async () => {
    const { keystore } = system.devnet.controls;
    const before = of(alice.accountId);
    keystore.setReadiness("not_ready");
    try {
      const deadlineMs = Math.ceil(system.devnet.controls.clock.now() / 1000) * 1000 + 60_000;
      const message = messageFor(system, alice, [give("1")], { deadlineMs });
      const requestId = await session.begin([signedStep(alice.sign(message))]);
      await session.until(requestId, ({ status }) => status === "queued");
      const others = await (await sessionOf(system, bob.accountId)).cancel(requestId, 0);
      assert.deepEqual([others.status, others.body.message], [404, `workflow request ${requestId} was not found`]);
      assert.equal((await session.record(requestId)).cancel_requested, false);
      assert.equal((await session.cancel(requestId, 0)).status, 202);
      const record = await session.until(requestId, ({ status }) => status === "settling");
      const possible_until = new Date(deadlineMs).toISOString().replace(".000", "");
      assert.deepEqual(record.step_outcomes, [{ outcome: "still_possible", error: null, possible_until }]);
      assert.deepEqual([record.cancel_requested, record.submit_tx_hashes, record.cancel_tx_hashes], [true, [null], []]);
      keystore.setReadiness("ready");
      const { body: next } = await session.execute([signedStep(signed([give("2")]))]);
      assert.equal(next.status, "succeeded", next.user_visible_error);
      assert.equal(of(alice.accountId), before - 2n);
      assert.deepEqual((await session.record(requestId)).submit_tx_hashes, [null]);
    } finally {
      keystore.setReadiness("ready");
    }
  });

  it("are seen by nobody before their submission is on record (rule: unsubmitted-signature-stays-secret)", async () => {
    const { keystore } = system.devnet.controls;
    keystore.setReadiness("not_ready");
    try {
      const payload = signed([give("1")]);
      const { signature } = payload as { signature: string };
      const requestId = await session.begin([signedStep(payload)]);
      const record = await session.until(requestId, ({ status }) => status === "queued");
      assert.ok(!JSON.stringify(record).includes(signature));
      assert.equal(record.signers[0].payloads[0].payload_json, null);
      const { payload_sha256 } = record.signers[0].payloads[0];
      assert.deepEqual(record.original_request_json.steps[0].payloads, [{ payload_sha256 }]);
      assert.deepEqual(record.workflow_json.steps[0].payloads, [{ payload_sha256 }]);
    } finally {
      keystore.setReadiness("ready");
    }
  });
});

describe("without a service wallet", () => {
  it("a session's payloads are refused by name", async () => {
    const { SERVICE_WALLET_ID: _, ...environment } = sessionEnvironment;
    const system = await startSystem({ environment });
    try {
      const session = await sessionOf(system, alice.accountId);
      const payload = alice.sign(messageFor(system, alice, []));
      const { body } = await session.execute([signedStep(payload)]);
      assert.equal(
        body.user_visible_error,
        "steps[0] cannot be carried here: the operator has set no service wallet (SERVICE_WALLET_ID)",
      );
    } finally {
      await system.stop();
    }
  });
});
