import assert from "node:assert/strict";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { countsDigest } from "@outlayer/access";
import type { Allowed } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { hmacGrantMac } from "../src/adapters/grant-mac/hmac.ts";
import { type GrantScope, verifyGrant } from "../src/core/grant.ts";
import { ledgerSeq } from "./support/evidence-word.ts";
import { failure, grantSecret, reasonOf, startMs, startProxy } from "./support/proxy.ts";
import {
  delegateTerms,
  intentsCall,
  intentsTerms,
  plainCall,
  requestId,
  transfer,
  walletId,
} from "./support/samples.ts";
import { type Answer, type Body, paths, startScriptedKeystore } from "./support/scripted-keystore.ts";

const actionOf = (body: Body) => body.action as Body;
const denied = (reason: string): Answer => ({ json: { allowed: false, frozen: false, reason, policy: { rules: {} } } });

/** What a grant of an allowed check is for. */
function scopeOf(step: number, call: GateCall, { steps, termsDigest }: Allowed): GrantScope {
  const terms = { intentsNonce: new Uint8Array(), intentsDeadlineMs: 0n, ...delegateTerms };
  const reserved = { seq: ledgerSeq, countsDigest: countsDigest(steps), termsDigest };
  const own = call.payload.case === "intents" ? { ...terms, ...intentsTerms } : terms;
  return { walletId, requestId, step, call, terms: own, reserved };
}

describe("CheckPolicy", () => {
  const calls = [intentsCall([transfer("5")]), plainCall()];

  it("gives one grant per step, each for its own step, for 60 s from before the questions (rule: no-signature-without-a-grant)", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, () => {
      proxy.time.advance(1_000);
      return undefined;
    });
    const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls });
    assert.equal(verdict.case, "allowed");
    const { grants, expiresAt } = verdict.value;
    assert.equal(grants.length, 2);
    assert.ok(expiresAt);
    assert.equal(timestampMs(expiresAt), startMs + 60_000);
    for (const [step, call] of calls.entries()) {
      const check = (nowMs: number) =>
        verifyGrant(hmacGrantMac(grantSecret), grants[step] ?? "", scopeOf(step, call, verdict.value), nowMs);
      check(timestampMs(expiresAt) - 1);
      assert.throws(() => check(timestampMs(expiresAt)), /expired/);
    }
  });

  it("asks about every call and every intent, and never brings a policy along", async () => {
    await using proxy = await startProxy();
    await proxy.client.checkPolicy({ walletId, requestId, calls });
    const asked = proxy.keystore.received(paths.policy);
    assert.deepEqual(
      asked.map((body) => Object.keys(body)),
      Array(3).fill(["wallet_id", "action"]),
    );
    assert.deepEqual(
      asked
        .map((body) => [actionOf(body).receiver_id, actionOf(body).type, actionOf(body).token, actionOf(body).amount])
        .sort(),
      [
        ["intents.near", "call", "native", "0"],
        ["intents.near", "call", "nep141:wrap.near", "5"],
        ["register.near", "call", "native", "0"],
      ],
    );
  });

  it("answers with the keystore's reason for the first step that is denied", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, (body) => {
      return actionOf(body).receiver_id === "register.near"
        ? denied("Address 'register.near' is not in whitelist")
        : undefined;
    });
    const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls });
    assert.equal(verdict.case, "denied");
    assert.equal(verdict.value.step, 1);
    assert.equal(verdict.value.reason, "Address 'register.near' is not in whitelist");
  });

  it("denies a frozen wallet", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, () => ({ json: { allowed: false, frozen: true, reason: "Wallet is frozen" } }));
    const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls });
    assert.equal(verdict.case, "denied");
    assert.equal(verdict.value.reason, "Wallet is frozen");
  });

  it("gives no grant for allowed with requires_approval (rule: approval-never-lifts-a-denial)", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, () => ({
      json: { allowed: true, frozen: false, requires_approval: true, required_approvals: 3, reason: null },
    }));
    const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls });
    assert.equal(verdict.case, "approvalRequired");
    assert.equal(verdict.value.step, 0);
    assert.equal(verdict.value.requiredApprovals, 3);
  });

  it("lets as many different approvers as the policy asks for lift its wish, and no denial (rule: approval-never-lifts-a-denial)", async () => {
    await using proxy = await startProxy();
    const wish = { allowed: true, frozen: false, requires_approval: true, required_approvals: 2 };
    proxy.keystore.script(paths.policy, () => ({ json: wish }));
    const verdictWith = async (...approverIds: string[]) => {
      const approval = { requestId, approverIds, requestHash: "ab" };
      return (await proxy.client.checkPolicy({ walletId, requestId, calls, approval })).verdict.case;
    };
    assert.equal(await verdictWith("ann"), "approvalRequired");
    assert.equal(await verdictWith("ann", "ann"), "approvalRequired");
    assert.equal(await verdictWith("ann", "bob"), "allowed");
    proxy.keystore.script(paths.policy, () => denied("no"));
    assert.equal(await verdictWith("ann", "bob"), "denied");
  });

  const wish = { allowed: true, frozen: false, requires_approval: true };
  const wishes: readonly [name: string, answer: object, requiredApprovals: number][] = [
    ["a count of 0", { ...wish, required_approvals: 0 }, 2],
    ["no count", wish, 2],
    ["null for a count", { ...wish, required_approvals: null }, 2],
    ["a count, and no wish beside it", { ...wish, requires_approval: false, required_approvals: 3 }, 3],
  ];
  for (const [name, json, requiredApprovals] of wishes) {
    it(`a wish for approval cannot pass for permission: ${name}`, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(paths.policy, () => ({ json }));
      const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls });
      assert.equal(verdict.case, "approvalRequired");
      assert.equal(verdict.value.requiredApprovals, requiredApprovals);
    });
  }

  for (const count of [-1, 1.5, "2", true, 1_000_001]) {
    it(`an answer with ${JSON.stringify(count)} required approvals cannot give a grant`, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(paths.policy, () => ({ json: { ...wish, required_approvals: count } }));
      const error = await failure(proxy.client.checkPolicy({ walletId, requestId, calls }));
      assert.match(error.rawMessage, /wrong keystore: .* has another shape \(required_approvals\)/);
    });
  }

  it("one workflow cannot have the keystore asked more than 48 times, and then not once", async () => {
    await using proxy = await startProxy();
    const full = (transfers: number) => intentsCall(Array.from({ length: transfers }, () => transfer("1")));
    const verdictOf = async (...calls: GateCall[]) =>
      (await proxy.client.checkPolicy({ walletId, requestId, calls })).verdict;
    assert.equal((await verdictOf(...Array.from({ length: 12 }, () => full(3)))).case, "allowed");
    const asked = proxy.keystore.received(paths.policy).length;
    assert.equal(asked, 48);
    const verdict = await verdictOf(...Array.from({ length: 11 }, () => full(3)), full(4));
    assert.equal(verdict.case, "denied");
    assert.equal(verdict.value.step, 11);
    assert.equal(verdict.value.reason, "policy would be asked more than 48 questions: split the workflow up");
    assert.equal(proxy.keystore.received(paths.policy).length, asked);
  });

  it("counts what the wallet has used already, and says what each step counts", async () => {
    await using proxy = await startProxy();
    const usage = {
      hourly: { native: "1" },
      daily: { native: "2" },
      monthly: { native: "3", x: "4" },
      hourlyTxCount: 5,
    };
    const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls, usage });
    const [first] = proxy.keystore.received(paths.policy);
    const asked = { hourly: { native: "1" }, daily: { native: "2" }, monthly: { native: "3", x: "4" } };
    assert.deepEqual(actionOf(first ?? {}).current_usage, { ...asked, hourly_tx_count: 5 });
    assert.equal(verdict.case, "allowed");
    const amounts = verdict.value.steps.map((step) => step.amounts.map(({ token, amount }) => [token, amount]));
    assert.deepEqual(amounts, [[["nep141:wrap.near", "5"]], []]);
  });

  it("takes decimal usage only", async () => {
    await using proxy = await startProxy();
    const usage = { hourly: { native: "0x5" } };
    const error = await failure(proxy.client.checkPolicy({ walletId, requestId, calls, usage }));
    assert.equal(error.code, Code.InvalidArgument);
  });

  it("denies what policy cannot judge, without asking", async () => {
    await using proxy = await startProxy();
    const odd = [plainCall(), intentsCall([{ intent: "imt_burn", tokens: { x: "1" } }])];
    const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls: odd });
    assert.equal(verdict.case, "denied");
    assert.equal(verdict.value.step, 1);
    assert.equal(verdict.value.reason, "intents[0].intent imt_burn is not an intent that policy can judge");
    assert.deepEqual(proxy.keystore.received(paths.policy), []);
  });

  it("asks with the configured types", async () => {
    await using proxy = await startProxy({
      config: {
        actionTypes: {
          call: "call",
          transfer: "transfer",
          token_diff: "t",
          ft_withdraw: "t",
          nft_withdraw: "t",
          mt_withdraw: "t",
          native_withdraw: "t",
          storage_deposit: "t",
          auth_call: "t",
        },
      },
    });
    await proxy.client.checkPolicy({ walletId, requestId, calls: [intentsCall([transfer("5")])] });
    const types = proxy.keystore.received(paths.policy).map((body) => actionOf(body).type);
    assert.deepEqual(types.sort(), ["call", "transfer"]);
  });

  it("makes a reason one short line", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, () => denied(`no\n\u0007${"x".repeat(1_000)}`));
    const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls });
    assert.equal(verdict.case, "denied");
    assert.match(verdict.value.reason, /^no x{296}…$/);
  });

  it("takes intents for the configured verifier only", async () => {
    await using proxy = await startProxy({ config: { verifierId: "other.near" } });
    const error = await failure(proxy.client.checkPolicy({ walletId, requestId, calls: [plainCall(), ...calls] }));
    assert.equal(error.code, Code.InvalidArgument);
    assert.equal(error.rawMessage, "calls[1]: intents require other.near.execute_intents with zero deposit");
  });

  const rows: readonly [string, Answer, Code, string, string | undefined][] = [
    ["is away", "drop", Code.Unavailable, "keystore unavailable: no connection (ECONNRESET)", "UNAVAILABLE"],
    [
      "is not ready (a workflow waits for it, rule: blocked-workflow-waits-so-long)",
      { status: 401, json: { error: "Keystore not ready. Waiting for DAO approval and master key from MPC." } },
      Code.Unavailable,
      "keystore unavailable: not ready",
      "UNAVAILABLE",
    ],
    [
      "is behind a gateway that has lost it",
      { status: 502, type: "text/html", text: "<h1>host</h1>" },
      Code.Unavailable,
      "keystore unavailable: HTTP 502",
      "UNAVAILABLE",
    ],
    [
      "is busy",
      { status: 429, json: { error: "busy" } },
      Code.Unavailable,
      "keystore unavailable: HTTP 429",
      "UNAVAILABLE",
    ],
    [
      "refuses (a workflow fails at once, rule: keystore-refusal-fails-at-once)",
      { status: 500, json: { error: "Failed to decrypt policy" } },
      Code.FailedPrecondition,
      "keystore refused: Failed to decrypt policy",
      "KEYSTORE_REFUSED",
    ],
    [
      "cannot read us, whose text stays in the log",
      {
        status: 422,
        type: "text/plain",
        text: "Failed to deserialize the JSON body into the target type: secret-detail",
      },
      Code.FailedPrecondition,
      "keystore refused: HTTP 422",
      "KEYSTORE_REFUSED",
    ],
    [
      "answers in another shape",
      { json: { decision: "allow" } },
      Code.Unavailable,
      "wrong keystore: /wallet/check-policy: its answer has another shape (allowed)",
      "UNAVAILABLE",
    ],
    [
      "answers with a page",
      { status: 200, type: "text/html", text: "<h1>login</h1>" },
      Code.Unavailable,
      "wrong keystore: /wallet/check-policy: an answer is not JSON",
      "UNAVAILABLE",
    ],
  ];
  for (const [name, answer, code, message, reason] of rows) {
    it(`gives no grant when the keystore ${name}`, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(paths.policy, () => answer);
      const error = await failure(proxy.client.checkPolicy({ walletId, requestId, calls }));
      assert.equal(error.code, code);
      assert.equal(error.rawMessage, message);
      assert.equal(reasonOf(error), reason);
    });
  }

  it("follows no redirect, for the token would follow", async () => {
    await using proxy = await startProxy();
    await using elsewhere = await startScriptedKeystore();
    const location = `${elsewhere.url}${paths.policy}`;
    proxy.keystore.script(paths.policy, () => ({ status: 307, type: "text/plain", text: "", location }));
    const error = await failure(proxy.client.checkPolicy({ walletId, requestId, calls }));
    assert.equal(error.rawMessage, "wrong keystore: /wallet/check-policy: it answers HTTP 307");
    assert.deepEqual(elsewhere.received(paths.policy), []);
  });

  it("keeps what the keystore could not read for the operator", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, () => ({ status: 422, type: "text/plain", text: "missing field `op`" }));
    await failure(proxy.client.checkPolicy({ walletId, requestId, calls }));
    await proxy.logged("missing field `op`");
  });

  it("gives up on a keystore that does not answer within 10 s", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, () => "hang");
    const arrived = proxy.keystore.arrival(paths.policy);
    const ended = failure(proxy.client.checkPolicy({ walletId, requestId, calls }));
    await arrived;
    proxy.time.advance(10_000);
    const error = await ended;
    assert.equal(error.code, Code.Unavailable);
    assert.equal(error.rawMessage, "keystore unavailable: no answer within 10000 ms");
  });

  it("refuses requests that are not well-formed, before anything is asked", async () => {
    await using proxy = await startProxy();
    const good = { walletId, requestId, calls };
    const rows = [
      { ...good, walletId: "a b" },
      { ...good, requestId: "1" },
      { ...good, calls: [] },
      { ...good, calls: Array(13).fill(plainCall()) },
      { ...good, calls: [plainCall({ methodName: 'a"b' })] },
      { ...good, calls: [plainCall({ gas: "0" })] },
      { ...good, calls: [plainCall({ deposit: "-1" })] },
      { ...good, calls: [plainCall({ payload: { case: undefined } })] },
    ];
    for (const row of rows) {
      assert.equal((await failure(proxy.client.checkPolicy(row))).code, Code.InvalidArgument);
    }
    assert.deepEqual(proxy.keystore.received(paths.policy), []);
  });
});
