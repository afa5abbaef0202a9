import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { UsageProofs } from "@outlayer/access";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { type Reservation, UsageSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { remoteTransport, systemPorts } from "@outlayer/kit";
import { verifierNonce } from "@outlayer/near";
import { MovingClock } from "./support/moving-clock.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { type System, serviceToken, startSystem } from "./support/system.ts";

const wrap = "nep141:wrap.near";
const { ids, random } = systemPorts();
const minuteMs = 60_000;

/** All that somebody has who took the broadcaster's identity: calls of evidence and signer-proxy, at their own ports. */
class Thief {
  readonly evidence;
  readonly signer;
  readonly #system: System;
  readonly #now: () => number;

  constructor(system: System, now: () => number) {
    const { grpc } = system.product;
    const identity = { from: "broadcaster", serviceToken } as const;
    this.evidence = createClient(LogService, remoteTransport(grpc.evidence, { ...identity, to: "evidence" }));
    this.signer = createClient(
      SignerProxyService,
      remoteTransport(grpc["signer-proxy"], { ...identity, to: "signer-proxy" }),
    );
    this.#system = system;
    this.#now = now;
  }

  call(amount: string) {
    const intents = [{ intent: "transfer", receiver_id: "mike.near", tokens: { [wrap]: amount } }];
    return create(GateCallSchema, {
      receiverId: "intents.near",
      methodName: "execute_intents",
      gas: "100000000000000",
      deposit: "0",
      payload: { case: "intents", value: { intentsJson: JSON.stringify(intents) } },
    });
  }

  /** Terms that nobody has chosen before. */
  terms(holdMs = 2 * minuteMs) {
    const deadlineMs = Math.floor((this.#now() + holdMs) / 1000) * 1000;
    return {
      intentsNonce: verifierNonce(new Uint8Array(4), deadlineMs, random.bytes(15)),
      intentsDeadlineMs: BigInt(deadlineMs),
      delegateNonce: BigInt(this.#now()),
      maxBlockHeight: BigInt(this.#system.devnet.chain.head.height) + 100n,
    };
  }

  statement = async (requestId: string, walletId = "wallet-1") =>
    (await this.evidence.readUsage({ walletId, exceptRequestId: requestId })).statement ?? assert.fail();

  /** A lease of its own: evidence looks at no more than that it is held. */
  lease = async () => {
    const resource = ids.uuid();
    const { epoch } = await this.evidence.acquireLease({ resource, holderId: "thief", ttlMs: minuteMs });
    return { resource, epoch };
  };

  /** What policy allows with evidence's word, and evidence's word that it counts. */
  async granted(amount: string, walletId = "wallet-1") {
    const [requestId, call, terms] = [ids.uuid(), this.call(amount), this.terms()];
    const usageStatement = await this.statement(requestId, walletId);
    const asked = { walletId, requestId, calls: [call], terms: [terms], usageStatement };
    const { verdict } = await this.signer.checkPolicy(asked);
    assert.equal(verdict.case, "allowed");
    const { grants, steps, termsDigest } = verdict.value;
    const reserving = { walletId, requestId, expectedSeq: usageStatement.seq, steps, termsDigest };
    const { reservation } = await this.evidence.reserveUsage({ ...reserving, lease: await this.lease() });
    const currentBlockHeight = BigInt(this.#system.devnet.chain.head.height);
    const bound = { walletId, requestId, step: 0, call, grant: grants[0] ?? "", reservation, currentBlockHeight };
    return { asked, ask: { ...bound, ...terms } };
  }
}

/** Code and reason of a call that is refused. */
async function refusal(call: Promise<unknown>): Promise<readonly [string, string | undefined]> {
  const error = await call.then(
    () => assert.fail("it was not refused"),
    (caught: unknown) => ConnectError.from(caught),
  );
  return [Code[error.code], error.findDetails(ErrorInfoSchema)[0]?.reason];
}

describeShapes("whoever holds the broadcaster's identity", (shape) => {
  const clock = new MovingClock("2026-06-16T10:20:00Z");
  let system: System;
  let thief: Thief;
  before(async () => {
    const time = shape === "embedded" ? { clock } : { environment: { SERVICE_TOKEN: serviceToken } };
    system = await startSystem({ shape, ...time });
    thief = new Thief(system, () => (shape === "embedded" ? clock.now() : Date.now()));
    const { wallets } = system.devnet.controls;
    for (const walletId of ["wallet-1", "wallet-2"])
      wallets.setPolicy(walletId, { rules: { limits: { monthly: { [wrap]: "100" } } } });
  });
  after(() => system.stop());

  const signatures = () => {
    const { keystore } = system.devnet.controls.counters.snapshot();
    return (keystore["/wallet/sign-nep413"] ?? 0) + (keystore["/wallet/sign-nep366-delegate"] ?? 0);
  };
  const other = (change: object, ask: Awaited<ReturnType<Thief["granted"]>>["ask"]) =>
    thief.signer.signStep({ ...ask, ...change });

  it("has nothing signed but the very bytes that were granted, and these alike each time", async () => {
    const { ask } = await thief.granted("1");
    const { payloadJson, signedDelegateBase64 } = await thief.signer.signStep(ask);
    const again = await thief.signer.signStep(ask);
    assert.deepEqual([again.payloadJson, again.signedDelegateBase64], [payloadJson, signedDelegateBase64]);
    const before = signatures();
    const { intentsNonce, intentsDeadlineMs } = thief.terms(3 * minuteMs);
    const changes: Readonly<Record<string, object>> = {
      "another nonce": { intentsNonce: ask.intentsNonce.with(31, (ask.intentsNonce[31] ?? 0) ^ 1) },
      "another delegate's nonce": { delegateNonce: ask.delegateNonce + 1n },
      "a later deadline": { intentsNonce, intentsDeadlineMs },
      "another height": { maxBlockHeight: ask.maxBlockHeight + 1n },
      "another amount": { call: thief.call("2") },
      "another step": { step: 1 },
      "another workflow": { requestId: ids.uuid() },
      "another wallet": { walletId: "wallet-2" },
      "an approval": { approval: { requestId: ids.uuid(), approverIds: ["ann"], requestHash: "0".repeat(64) } },
    };
    for (const [name, change] of Object.entries(changes)) {
      assert.deepEqual(await refusal(other(change, ask)), ["PermissionDenied", "GRANT_INVALID"], name);
    }
    assert.equal(signatures(), before);
  });

  it("has nothing signed that evidence does not count for this very request", async () => {
    const { ask } = await thief.granted("1");
    const { ask: of } = await thief.granted("1");
    const { ask: wallet2 } = await thief.granted("1", "wallet-2");
    const reservation: Reservation = ask.reservation ?? assert.fail();
    const made = new UsageProofs("x".repeat(32)).reserve("wallet-1", ask.requestId, reservation);
    const before = signatures();
    const reservations: Readonly<Record<string, unknown>> = {
      none: undefined,
      "another request's": of.reservation,
      "another wallet's": wallet2.reservation,
      "one under a secret of its own": made,
      "one with a changed MAC": { ...reservation, mac: reservation.mac.with(0, (reservation.mac[0] ?? 0) ^ 1) },
      "one of another entry": { ...reservation, seq: reservation.seq + 1n },
      "one for other terms": { ...reservation, termsDigest: "0".repeat(64) },
    };
    for (const [name, given] of Object.entries(reservations)) {
      const [code, reason = ""] = await refusal(other({ reservation: given }, ask));
      assert.equal(code, "PermissionDenied", name);
      assert.match(reason, /^(GRANT|RESERVATION)_INVALID$/, name);
    }
    assert.equal(signatures(), before);
  });

  it("cannot have policy judge with anything but evidence's latest word", async () => {
    const { asked } = await thief.granted("1");
    const old = await thief.statement(ids.uuid());
    const { usageStatement } = asked;
    const less = { ...usageStatement, usage: create(UsageSchema) };
    const usage = usageStatement.usage ?? assert.fail();
    const made = new UsageProofs("x".repeat(32)).state(
      asked,
      usageStatement.seq,
      usage,
      Number(usageStatement.issuedAtMs),
    );
    const statements: Readonly<Record<string, unknown>> = {
      none: undefined,
      "one with less in it": less,
      "one for another request": old,
      "another wallet's": await thief.statement(asked.requestId, "wallet-2"),
      "one under a secret of its own": made,
      "one with a changed MAC": {
        ...usageStatement,
        mac: usageStatement.mac.with(0, (usageStatement.mac[0] ?? 0) ^ 1),
      },
    };
    for (const [name, given] of Object.entries(statements)) {
      const refused = refusal(thief.signer.checkPolicy({ ...asked, usageStatement: given as typeof usageStatement }));
      assert.deepEqual(await refused, ["PermissionDenied", "USAGE_INVALID"], name);
    }
  });

  it("gets nothing past a limit with a statement from before it was used up", async () => {
    const [requestId, call, terms] = [ids.uuid(), thief.call("60"), thief.terms()];
    const usageStatement = await thief.statement(requestId);
    await thief.granted("60");
    const { verdict } = await thief.signer.checkPolicy({
      walletId: "wallet-1",
      requestId,
      calls: [call],
      terms: [terms],
      usageStatement,
    });
    assert.equal(verdict.case, "allowed", "it was true a moment ago");
    const { grants, steps, termsDigest } = verdict.value;
    const reserving = { walletId: "wallet-1", requestId, expectedSeq: usageStatement.seq, steps, termsDigest };
    const [code] = await refusal(thief.evidence.reserveUsage({ ...reserving, lease: await thief.lease() }));
    assert.equal(code, "Aborted");
    const ask = {
      walletId: "wallet-1",
      requestId,
      step: 0,
      call,
      grant: grants[0] ?? "",
      ...terms,
      currentBlockHeight: 1n,
    };
    assert.deepEqual(await refusal(thief.signer.signStep(ask)), ["PermissionDenied", "RESERVATION_INVALID"]);
  });

  it("cannot have what was signed forgotten while it can still execute", async () => {
    const { ask } = await thief.granted("20");
    await thief.signer.signStep(ask);
    const { walletId, requestId } = ask;
    await thief.evidence.releaseUsage({ walletId, requestId, steps: [0], lease: await thief.lease() });
    const { usage } = await thief.evidence.readUsage({ walletId });
    const used = BigInt(usage?.monthly[wrap] ?? "0");
    assert.ok(used >= 80n, `${used} counts`);
    const next = ids.uuid();
    const asked = { walletId, requestId: next, calls: [thief.call("30")], terms: [thief.terms()] };
    const { verdict } = await thief.signer.checkPolicy({ ...asked, usageStatement: await thief.statement(next) });
    assert.equal(verdict.case, "denied");
  });

  itEmbedded(shape, "cannot use a statement or a grant again after a minute", async () => {
    const { asked, ask } = await thief.granted("1");
    const before = signatures();
    clock.advance(minuteMs + 1_000);
    assert.deepEqual(await refusal(thief.signer.checkPolicy(asked)), ["PermissionDenied", "USAGE_INVALID"]);
    assert.deepEqual(await refusal(thief.signer.signStep(ask)), ["PermissionDenied", "GRANT_EXPIRED"]);
    assert.equal(signatures(), before);
  });
});
