import assert from "node:assert/strict";
import { inspect } from "node:util";
import { ConnectError } from "@connectrpc/connect";
import { grantSecret, startProxy, type TestProxy } from "./support/proxy.ts";
import {
  delegateTerms,
  intentsCall,
  intentsTerms,
  plainCall,
  requestId,
  transfer,
  walletId,
} from "./support/samples.ts";
import { type Answer, keystoreToken, paths } from "./support/scripted-keystore.ts";

/** Stands in every upstream body below, as a real policy's limits and approvers would. */
const policyMark = "policy-mark-5150";
const policy = { rules: { limits: { daily: { "*": policyMark } } }, approval: { approvers: [{ id: policyMark }] } };
const echo = `Bearer ${keystoreToken}`;

/** What a keystore, or something in its place, may answer with. */
const answers: readonly Answer[] = [
  { json: { allowed: true, frozen: false, policy } },
  { json: { allowed: false, frozen: false, reason: `no ${echo}`, policy } },
  { json: { allowed: true, frozen: false, requires_approval: true, policy } },
  { json: { allowed: "yes", frozen: false, policy } },
  { json: { policy } },
  { status: 400, json: { error: `bad ${echo}`, policy } },
  { status: 401, json: { error: "Invalid coordinator token", authorization: echo, policy } },
  { status: 403, json: { error: `Insufficient valid approvals: 0 of 2 required (${policyMark})`, policy } },
  { status: 403, json: { error: `Policy requires 2 approvals but no approvers are configured. ${policyMark}` } },
  { status: 404, json: { error: policyMark } },
  { status: 422, type: "text/plain", text: `Failed to deserialize: ${echo}` },
  { status: 429, json: { error: policyMark } },
  { status: 500, json: { error: `oops ${echo}`, policy } },
  { status: 500, type: "text/html", text: `<pre>${echo} ${policyMark}</pre>` },
  { status: 200, type: "text/html", text: `<pre>${echo} ${policyMark}</pre>` },
  { status: 302, type: "text/plain", text: policyMark },
  "drop",
];

/** Calls every method; gives back all that a caller can see. */
async function everythingSeenBy({ client }: TestProxy): Promise<string> {
  const seen: unknown[] = [];
  const note = async <T>(call: Promise<T>): Promise<T | undefined> => {
    try {
      const value = await call;
      seen.push(value);
      return value;
    } catch (error) {
      const connectError = ConnectError.from(error);
      seen.push(connectError, connectError.details, [...connectError.metadata]);
      return undefined;
    }
  };
  const calls = [intentsCall([transfer("5")]), plainCall()];
  const checked = await note(client.checkPolicy({ walletId, requestId, calls }));
  const grants = checked?.verdict.case === "allowed" ? checked.verdict.value.grants : [];
  for (const [step, call] of calls.entries()) {
    const terms = call.payload.case === "intents" ? intentsTerms : {};
    const grant = grants[step] ?? "g1.0.0";
    await note(client.signStep({ walletId, requestId, step, call, grant, ...terms, ...delegateTerms }));
  }
  await note(client.getAccount({ walletId }));
  return inspect(seen, { depth: null, maxStringLength: null, maxArrayLength: null });
}

describe("what leaves the signer proxy", () => {
  for (const path of Object.values(paths)) {
    it(`holds no token, no grant secret and no policy, whatever ${path} answers`, async () => {
      for (const [index, answer] of answers.entries()) {
        await using proxy = await startProxy();
        proxy.keystore.script(path, () => answer);
        const everything = `${await everythingSeenBy(proxy)}${proxy.logs.join("")}`;
        for (const secret of [keystoreToken, grantSecret, policyMark]) {
          assert.ok(!everything.includes(secret), `answer ${index} shows ${secret}`);
        }
      }
    });
  }

  it("holds none of them either when the keystore is unknown from the start", async () => {
    for (const path of [paths.delegate, paths.policy]) {
      for (const answer of answers) {
        await using proxy = await startProxy({ prepare: (keystore) => keystore.script(path, () => answer) });
        const everything = `${await everythingSeenBy(proxy)}${proxy.logs.join("")}`;
        for (const secret of [keystoreToken, grantSecret, policyMark]) assert.ok(!everything.includes(secret));
      }
    }
  });

  it("would show the token if it were not cut out", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, () => ({ json: { allowed: false, frozen: false, reason: `no ${echo}` } }));
    assert.match(await everythingSeenBy(proxy), /reason: 'no Bearer \[token\]'/);
  });
});
