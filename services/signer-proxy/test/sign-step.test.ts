import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { ApprovalSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import {
  decodeBase58,
  decodeBase64,
  decodeDelegate,
  encodeBase58,
  encodeBase64,
  nep413Hash,
  parsePublicKey,
  parseSignature,
  verifySignature,
} from "@outlayer/near";
import { failure, reasonOf, startProxy, type TestProxy } from "./support/proxy.ts";
import {
  deadlineMs,
  delegateTerms,
  grantedStep,
  intentsCall,
  intentsTerms,
  nonceUntil,
  plainCall,
  requestId,
  signedBy,
  transfer,
  walletAccountId,
  walletId,
} from "./support/samples.ts";
import { type Answer, paths, walletKey } from "./support/scripted-keystore.ts";

const counterparty = signedBy("maker.near");
const intentsText = '[{"intent":"transfer","receiver_id":"mike.near", "tokens":{"nep141:wrap.near":"5"}}]';
const swap = intentsCall(intentsText, { counterparty: [counterparty], notAfterMs: BigInt(deadlineMs) });
const key = walletKey(walletId);

/** Paths at which something could have been signed. */
function signings(proxy: TestProxy): number {
  return proxy.keystore.received(paths.nep413).length + proxy.keystore.received(paths.delegate).length;
}

describe("SignStep", () => {
  it("signs a plain call: the delegate that was asked for, and nothing else", async () => {
    await using proxy = await startProxy();
    const call = plainCall({ deposit: "1" });
    const signed = await proxy.client.signStep(await grantedStep(proxy, call));
    assert.equal(signed.payloadJson, undefined);
    assert.equal(signed.intentHash, undefined);
    assert.deepEqual(decodeDelegate(decodeBase64(signed.signedDelegateBase64)), {
      delegate: {
        senderId: walletAccountId,
        receiverId: "register.near",
        methodName: "set",
        args: new TextEncoder().encode('{"value":5}'),
        gas: 30_000_000_000_000n,
        deposit: 1n,
        nonce: delegateTerms.delegateNonce,
        maxBlockHeight: delegateTerms.maxBlockHeight,
        publicKey: key.publicKey,
      },
      hash: decodeBase58(signed.delegateHash),
      signatureValid: true,
    });
    assert.deepEqual(proxy.keystore.received(paths.delegate), [
      {
        wallet_id: walletId,
        sender_id: walletAccountId,
        receiver_id: "register.near",
        method_name: "set",
        args_base64: "eyJ2YWx1ZSI6NX0=",
        gas: 30_000_000_000_000,
        deposit: "1",
        nonce: Number(delegateTerms.delegateNonce),
        max_block_height: 200_000_180,
        current_block_height: 200_000_000,
      },
    ]);
    assert.deepEqual(proxy.keystore.received(paths.nep413), []);
  });

  it("tells the keystore at every signature who approved, under a grant for that approval only (rule: approval-never-lifts-a-denial)", async () => {
    await using proxy = await startProxy();
    const approval = create(ApprovalSchema, { requestId, approverIds: ["ann", "bob"], requestHash: "ab".repeat(32) });
    const step = await grantedStep(proxy, swap, approval);
    await proxy.client.signStep(step);
    const info = { approver_ids: ["ann", "bob"], request_hash: "ab".repeat(32) };
    for (const path of [paths.nep413, paths.delegate]) {
      assert.deepEqual(
        proxy.keystore.received(path).map(({ approval_info }) => approval_info),
        [info],
      );
    }
    const before = signings(proxy);
    const { approval: _, ...without } = step;
    const more = { ...step, approval: { ...approval, approverIds: ["ann", "bob", "eve"] } };
    for (const other of [without, more]) {
      assert.equal(reasonOf(await failure(proxy.client.signStep(other))), "GRANT_INVALID");
    }
    assert.equal(signings(proxy), before);
  });

  it("signs intents: a payload over the very text, and a delegate whose arguments embed it before the others'", async () => {
    await using proxy = await startProxy();
    const signed = await proxy.client.signStep(await grantedStep(proxy, swap));
    const { payload, public_key, signature, standard } = JSON.parse(signed.payloadJson ?? "");
    assert.equal(standard, "nep413");
    assert.equal(public_key, key.publicKey);
    assert.deepEqual(payload, {
      message: `{"signer_id":"${walletAccountId}","deadline":"2026-04-24T19:05:00Z","intents":${intentsText}}`,
      nonce: encodeBase64(intentsTerms.intentsNonce),
      recipient: "intents.near",
    });
    const hash = nep413Hash({ ...payload, nonce: intentsTerms.intentsNonce });
    assert.ok(verifySignature(parsePublicKey(key.publicKey), hash, parseSignature(signature)));
    assert.equal(signed.intentHash, encodeBase58(hash));
    const { delegate, signatureValid } = decodeDelegate(decodeBase64(signed.signedDelegateBase64));
    assert.ok(signatureValid);
    assert.equal(delegate.methodName, "execute_intents");
    assert.equal(new TextDecoder().decode(delegate.args), `{"signed":[${signed.payloadJson},${counterparty}]}`);
    assert.equal(proxy.keystore.received(paths.nep413)[0]?.chain, "near");
  });

  it("signs for the configured verifier", async () => {
    await using proxy = await startProxy({ config: { verifierId: "other.near" } });
    const signed = await proxy.client.signStep(
      await grantedStep(proxy, Object.assign(intentsCall([]), { receiverId: "other.near" })),
    );
    assert.equal(JSON.parse(signed.payloadJson ?? "").payload.recipient, "other.near");
  });

  it("leaves the current height out where it is not known", async () => {
    await using proxy = await startProxy();
    await proxy.client.signStep({ ...(await grantedStep(proxy, plainCall())), currentBlockHeight: 0n });
    assert.ok(!("current_block_height" in (proxy.keystore.received(paths.delegate)[0] ?? {})));
  });
});

describe("SignStep without a valid grant signs nothing (rule: no-signature-without-a-grant)", () => {
  const otherRequest = "0192f3c0-7a1b-7c3d-8e4f-ffffffffffff";
  const rows: readonly [string, object, string][] = [
    ["another wallet", { walletId: "wallet-2" }, "GRANT_INVALID"],
    ["another workflow", { requestId: otherRequest }, "GRANT_INVALID"],
    ["another step", { step: 1 }, "GRANT_INVALID"],
    ["another method", { call: plainCall({ methodName: "reset" }) }, "GRANT_INVALID"],
    ["other arguments", { call: plainCall({ payload: { case: "args", value: new Uint8Array() } }) }, "GRANT_INVALID"],
    ["a malformed grant", { grant: "yes" }, "GRANT_INVALID"],
  ];
  for (const [name, change, reason] of rows) {
    it(name, async () => {
      await using proxy = await startProxy();
      const error = await failure(proxy.client.signStep({ ...(await grantedStep(proxy, plainCall())), ...change }));
      assert.equal(error.code, Code.PermissionDenied);
      assert.equal(reasonOf(error), reason);
      assert.equal(signings(proxy) + proxy.keystore.received(paths.derive).length, 0);
    });
  }

  it("one that has expired", async () => {
    await using proxy = await startProxy();
    const given = await grantedStep(proxy, plainCall());
    proxy.time.advance(60_000);
    const error = await failure(proxy.client.signStep(given));
    assert.equal(error.code, Code.PermissionDenied);
    assert.equal(reasonOf(error), "GRANT_EXPIRED");
    assert.equal(error.rawMessage, "the grant has expired");
    assert.equal(signings(proxy), 0);
  });

  it("one that expires while the account is asked for", async () => {
    await using proxy = await startProxy();
    const given = await grantedStep(proxy, intentsCall(intentsText));
    proxy.time.advance(55_000);
    proxy.keystore.script(paths.derive, () => {
      proxy.time.advance(5_000);
      return undefined;
    });
    assert.equal(reasonOf(await failure(proxy.client.signStep(given))), "GRANT_EXPIRED");
    assert.equal(signings(proxy), 0);
  });

  it("one that expires between the payload and the delegate", async () => {
    await using proxy = await startProxy();
    const given = await grantedStep(proxy, swap);
    // Less than the timeout of the call at a time.
    proxy.time.advance(55_000);
    proxy.keystore.script(paths.nep413, () => {
      proxy.time.advance(5_000);
      return undefined;
    });
    const error = await failure(proxy.client.signStep(given));
    assert.equal(reasonOf(error), "GRANT_EXPIRED");
    assert.equal(proxy.keystore.received(paths.delegate).length, 0);
  });

  it("one of a replica with another secret", async () => {
    await using proxy = await startProxy();
    await using other = await startProxy({ config: { grantSecret: "x".repeat(32) } });
    const error = await failure(proxy.client.signStep(await grantedStep(other, plainCall())));
    assert.equal(reasonOf(error), "GRANT_INVALID");
    assert.equal(signings(proxy), 0);
  });

  it("but any replica with the same secret takes it", async () => {
    await using proxy = await startProxy();
    await using other = await startProxy();
    assert.notEqual((await proxy.client.signStep(await grantedStep(other, plainCall()))).delegateHash, "");
  });
});

describe("SignStep when the keystore signs nothing", () => {
  const refusal = (status: number, error: string): Answer => ({ status, json: { error } });
  const rows: readonly [Answer, Code, string, string | undefined][] = [
    ["drop", Code.Unavailable, "keystore unavailable: no connection (ECONNRESET)", "UNAVAILABLE"],
    [refusal(401, "Keystore not ready."), Code.Unavailable, "keystore unavailable: not ready", "UNAVAILABLE"],
    [
      refusal(403, "Insufficient valid approvals: 0 of 2 required (alice, bob)"),
      Code.FailedPrecondition,
      "keystore refused: Insufficient valid approvals: 0 of 2 required",
      "APPROVAL_REQUIRED",
    ],
    [
      refusal(403, "Policy requires 2 approvals but no approvers are configured. Ask."),
      Code.FailedPrecondition,
      "keystore refused: Policy requires 2 approvals but no approvers are configured",
      "APPROVAL_REQUIRED",
    ],
    [
      refusal(400, "max_block_height must be greater than current_block_height"),
      Code.FailedPrecondition,
      "keystore refused: max_block_height must be greater than current_block_height",
      "KEYSTORE_REFUSED",
    ],
    [
      { status: 404, type: "text/plain", text: "" },
      Code.Unavailable,
      "wrong keystore: /wallet/sign-nep366-delegate: a path of its API is missing",
      "UNAVAILABLE",
    ],
  ];
  for (const [answer, code, message, reason] of rows) {
    it(`answers: ${message}`, async () => {
      await using proxy = await startProxy();
      const given = await grantedStep(proxy, plainCall());
      proxy.keystore.script(paths.delegate, () => answer);
      const error = await failure(proxy.client.signStep(given));
      assert.equal(error.code, code);
      assert.equal(error.rawMessage, message);
      assert.equal(reasonOf(error), reason);
    });
  }

  it("says how many approvals the policy wants", async () => {
    await using proxy = await startProxy();
    const given = await grantedStep(proxy, plainCall());
    proxy.keystore.script(paths.delegate, () => refusal(403, "Insufficient valid approvals: 0 of 2 required (alice)"));
    const error = await failure(proxy.client.signStep(given));
    assert.deepEqual(error.findDetails(ErrorInfoSchema)[0]?.metadata, {
      requiredApprovals: "2",
      nothingSigned: "true",
    });
  });

  it("says that nothing was signed only where it has not signed a part", async () => {
    await using proxy = await startProxy();
    const refused = refusal(403, "Wallet is frozen by controller");
    const nothingSigned = async (path: string, call: Parameters<typeof grantedStep>[1]) => {
      proxy.keystore.script(path, () => refused);
      const error = await failure(proxy.client.signStep(await grantedStep(proxy, call)));
      assert.equal(reasonOf(error), "KEYSTORE_REFUSED");
      return error.findDetails(ErrorInfoSchema)[0]?.metadata.nothingSigned;
    };
    assert.equal(await nothingSigned(paths.delegate, plainCall()), "true");
    assert.equal(await nothingSigned(paths.delegate, intentsCall([transfer("1")])), undefined);
    assert.equal(await nothingSigned(paths.nep413, intentsCall([transfer("1")])), "true");
  });

  it("logs as an error only what an operator has to see to", async () => {
    for (const [answer, level] of [
      [{ status: 404, type: "text/plain", text: "" }, "error"],
      ["drop", "warn"],
    ] as const) {
      await using proxy = await startProxy();
      const given = await grantedStep(proxy, plainCall());
      proxy.keystore.script(paths.delegate, () => answer);
      await failure(proxy.client.signStep(given));
      const line = proxy.logs.find((one) => one.includes('"method":"SignStep"')) ?? "{}";
      assert.equal(JSON.parse(line).level, level);
    }
  });
});

describe("SignStep refuses a request whose parts do not fit", () => {
  const rows: readonly [string, GateCall, object, RegExp][] = [
    ["no nonce for intents", swap, { intentsNonce: new Uint8Array() }, /versioned verifier nonce/],
    ["a nonce of another length", swap, { intentsNonce: new Uint8Array(31) }, /intents_nonce/],
    [
      "a nonce that expires too early",
      swap,
      { intentsNonce: nonceUntil(deadlineMs - 1_000) },
      /must not expire before/,
    ],
    ["a deadline later than the caller's", swap, { intentsDeadlineMs: BigInt(deadlineMs + 1_000) }, /not_after_ms/],
    ["a nonce without intents", plainCall(), { intentsNonce: intentsTerms.intentsNonce }, /must be empty/],
    ["gas beyond 2^53", plainCall({ gas: "9007199254740992" }), {}, /call.gas must be below 2\^53/],
    ["a height beyond 2^53", plainCall(), { maxBlockHeight: 2n ** 53n }, /^max_block_height must be below 2\^53/],
    [
      "a current height beyond 2^53",
      plainCall(),
      { currentBlockHeight: 2n ** 53n },
      /current_block_height must be below/,
    ],
    ["a nonce beyond 2^53", plainCall(), { delegateNonce: 2n ** 53n }, /delegate_nonce/],
    ["no nonce", plainCall(), { delegateNonce: 0n }, /delegate_nonce/],
    ["no height", plainCall(), { maxBlockHeight: 0n }, /max_block_height/],
    ["no grant", plainCall(), { grant: "" }, /grant/],
    ["no call", plainCall(), { call: undefined }, /call/],
  ];
  for (const [name, call, change, message] of rows) {
    it(name, async () => {
      await using proxy = await startProxy();
      const error = await failure(proxy.client.signStep({ ...(await grantedStep(proxy, call)), ...change }));
      assert.equal(error.code, Code.InvalidArgument);
      assert.match(error.rawMessage, message);
      assert.equal(signings(proxy), 0);
    });
  }

  it("intents that go elsewhere than to the verifier", async () => {
    await using proxy = await startProxy();
    for (const change of [{ receiverId: "evil.near" }, { methodName: "simulate_intents" }, { deposit: "1" }]) {
      const call = Object.assign(intentsCall([transfer("1")]), change);
      const given = { walletId, requestId, step: 0, call, grant: "g", ...intentsTerms, ...delegateTerms };
      assert.match(
        (await failure(proxy.client.signStep(given))).rawMessage,
        /intents require intents.near.execute_intents/,
      );
    }
  });
});
