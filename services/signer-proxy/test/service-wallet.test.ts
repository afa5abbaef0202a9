import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { type GateCall, GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import {
  decodeBase64,
  decodeDelegate,
  formatSignature,
  implicitAccountId,
  keyPairFromSeed,
  parsePublicKey,
} from "@outlayer/near";
import { counterScope } from "@outlayer/workflow";
import { failure, startProxy, type TestProxy } from "./support/proxy.ts";
import { delegateTerms, plainCall, requestId, walletId } from "./support/samples.ts";
import { paths, walletKey } from "./support/scripted-keystore.ts";

const serviceWalletId = "service-wallet";
const service = walletKey(serviceWalletId);
const serviceAccountId = implicitAccountId(parsePublicKey(service.publicKey));
const alice = keyPairFromSeed(new Uint8Array(32).fill(0x71));
const aliceId = implicitAccountId(parsePublicKey(alice.publicKey));
const session = `account:${aliceId}`;

/** A payload of a standard whose signature is over the text itself. */
function payloadOf(signerId: string, by = alice): string {
  const payload = JSON.stringify({ signer_id: signerId, verifying_contract: "intents.near", intents: [] });
  const signature = formatSignature(by.sign(Buffer.from(payload)));
  return JSON.stringify({ standard: "raw_ed25519", payload, public_key: by.publicKey, signature });
}

function ownCall(
  payloads: readonly string[],
  about: Partial<Pick<GateCall, "receiverId" | "methodName">> = {},
): GateCall {
  const own = payloads.map((payloadJson) => ({
    payloadJson,
    payloadSha256: "0".repeat(64),
    standard: "raw_ed25519",
    // signer-proxy believes no word of these.
    signerId: aliceId,
    publicKey: alice.publicKey,
    intentHash: "h",
    nonce: "n",
    deadlineMs: 1n,
  }));
  return create(GateCallSchema, {
    receiverId: "intents.near",
    methodName: "execute_intents",
    gas: "100000000000000",
    deposit: "0",
    payload: { case: "own", value: { payloads: own } },
    ...about,
  });
}

const config = { serviceWalletId };

/** Asks policy about the call, and has it signed. */
async function signStep(proxy: TestProxy, call: GateCall, wallet = session) {
  const { verdict } = await proxy.client.checkPolicy({ walletId: wallet, requestId, calls: [call] });
  if (verdict.case !== "allowed") return { verdict };
  const grant = verdict.value.grants[0] ?? "";
  const signed = await proxy.client.signStep({ walletId: wallet, requestId, step: 0, call, grant, ...delegateTerms });
  return { verdict, signed };
}

describe("the service wallet (rule: sessions-sign-for-themselves)", () => {
  it("signs the delegate around payloads as they are, and no payload", async () => {
    await using proxy = await startProxy({ config });
    const payloads = [payloadOf(aliceId), ` ${payloadOf(aliceId)}`];
    const { signed } = await signStep(proxy, ownCall(payloads));
    assert.deepEqual([signed?.payloadJson, signed?.intentHash], [undefined, undefined]);
    const { delegate, signatureValid } = decodeDelegate(decodeBase64(signed?.signedDelegateBase64 ?? ""));
    assert.equal(signatureValid, true);
    assert.deepEqual([delegate.senderId, delegate.publicKey], [serviceAccountId, service.publicKey]);
    assert.deepEqual(
      [delegate.receiverId, delegate.methodName, delegate.deposit],
      ["intents.near", "execute_intents", 0n],
    );
    assert.equal(new TextDecoder().decode(delegate.args), `{"signed":[${payloads.join(",")}]}`);
    assert.deepEqual(proxy.keystore.received(paths.nep413), []);
    const [asked, ...more] = proxy.keystore.received(paths.policy);
    const action = asked?.action as Record<string, unknown>;
    assert.deepEqual([asked?.wallet_id, more], [serviceWalletId, []]);
    assert.deepEqual([action.type, action.to, action.amount], ["call", "intents.near", "0"]);
  });

  it("stands beside the session's account in GetAccount", async () => {
    await using proxy = await startProxy({ config });
    const { accountId, publicKey, delegateSigner } = await proxy.client.getAccount({ walletId: session });
    assert.deepEqual([accountId, publicKey], [aliceId, ""]);
    assert.deepEqual([delegateSigner?.accountId, delegateSigner?.publicKey], [serviceAccountId, service.publicKey]);
    const own = await proxy.client.getAccount({ walletId });
    assert.equal(own.delegateSigner, undefined);
  });

  it("is stopped by its own policy, for every session", async () => {
    await using proxy = await startProxy({ config });
    const frozen = { json: { allowed: false, frozen: true, reason: "Wallet is frozen" } };
    proxy.keystore.script(paths.policy, ({ wallet_id }) => (wallet_id === serviceWalletId ? frozen : undefined));
    const { verdict } = await signStep(proxy, ownCall([payloadOf(aliceId)]));
    assert.equal(verdict.case === "denied" && verdict.value.reason, "Wallet is frozen");
  });

  const bob = keyPairFromSeed(new Uint8Array(32).fill(0x72));
  const refused: readonly (readonly [what: string, payloads: readonly string[], reason: RegExp])[] = [
    ["of another account", [payloadOf(aliceId), payloadOf("bob.near", bob)], /^payloads\[1\] is not signed for/],
    ["of the service wallet's account", [payloadOf(serviceAccountId)], /^payloads\[0\] is not signed for/],
    ["with a signature over something else", [payloadOf(aliceId).replace("intents.near", "other.near")], /signature/],
    ["that is no JSON", ["x"], /^payloads\[0\] is not JSON/],
    ["that ends its array", [`${payloadOf(aliceId)}],"x":[{}`], /^payloads\[0\] is not JSON/],
    ["that names two signers", [payloadOf(aliceId).replace("{", '{"standard":"nep413",')], /duplicate/],
    ["of a standard that is none", [payloadOf(aliceId).replace("raw_ed25519", "raw")], /standard must be one of/],
  ];
  for (const [what, payloads, reason] of refused) {
    it(`carries no payload ${what} (rule: own-payloads-are-the-sessions-own)`, async () => {
      await using proxy = await startProxy({ config });
      const call = ownCall(payloads);
      const { verdict } = await signStep(proxy, call);
      assert.match(verdict.case === "denied" ? verdict.value.reason : "", reason);
      // Nor where somebody has a grant for it.
      const asked = { walletId: session, requestId, step: 0, call, grant: "g2.1.00", ...delegateTerms };
      const error = await failure(proxy.client.signStep(asked));
      assert.deepEqual([error.code, reason.test(error.rawMessage.replace("call: ", ""))], [Code.InvalidArgument, true]);
      assert.deepEqual(proxy.keystore.received(paths.delegate), []);
    });
  }

  it("carries no payload of anybody else, whoever asks for it", async () => {
    await using proxy = await startProxy({ config });
    for (const wallet of [walletId, "account:bob.near"]) {
      const { verdict } = await signStep(proxy, ownCall([payloadOf(aliceId)]), wallet);
      assert.equal(verdict.case, "denied", wallet);
    }
    for (const about of [{ receiverId: "other.near" }, { methodName: "add_public_key" }]) {
      const error = await failure(signStep(proxy, ownCall([payloadOf(aliceId)], about)));
      assert.equal(error.code, Code.InvalidArgument);
    }
  });

  it("signs delegates and is asked for policy for sessions, and nothing else", async () => {
    await using proxy = await startProxy({ config });
    const { verdict } = await signStep(proxy, plainCall());
    const text = "a session carries nothing but payloads that its account has signed";
    assert.equal(verdict.case === "denied" && verdict.value.reason, text);
    const scope = { ...counterScope, methodNames: [...counterScope.methodNames] };
    const theirs: readonly (() => Promise<unknown>)[] = [
      () => proxy.client.prepareDirectUserKey({ walletId: session, scope }),
      () => proxy.client.signCancel({ walletId: session, requestId, step: 0, payloadJson: payloadOf(aliceId) }),
      () => proxy.client.getAccount({ walletId: serviceWalletId }),
      () => signStep(proxy, plainCall(), serviceWalletId),
    ];
    for (const call of theirs) assert.equal((await failure(call())).code, Code.InvalidArgument);
    assert.deepEqual(proxy.keystore.received(paths.nep413), []);
    assert.deepEqual(proxy.keystore.received(paths.delegate), []);
  });

  it("is derived once for all sessions", async () => {
    await using proxy = await startProxy({ config });
    for (const name of ["alice", "bob", "carol"]) {
      const { delegateSigner } = await proxy.client.getAccount({ walletId: `account:${name}.near` });
      assert.equal(delegateSigner?.accountId, serviceAccountId);
    }
    assert.equal(proxy.keystore.received(paths.derive).length, 1);
  });

  it("is none where the operator names none", async () => {
    await using proxy = await startProxy();
    const error = await failure(signStep(proxy, ownCall([payloadOf(aliceId)])));
    assert.deepEqual(
      [error.code, error.rawMessage],
      [Code.InvalidArgument, "the operator has set no service wallet for sessions"],
    );
  });
});
