import assert from "node:assert/strict";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { install, scope } from "./support/direct-user.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { grantSecret } from "./support/product-environment.ts";
import { assertHoldNone, secretsOnChain, signaturesIn } from "./support/secrets.ts";
import { dust, registerStep, setRegister, transfer } from "./support/steps.ts";
import { apiKey, internalToken, type System, serviceToken, withSystem } from "./support/system.ts";

const providerKey = "key-of-the-rpc-provider-5f1c";
const bodyText = "text-of-a-body-that-is-nobodys-business";
const policyText = "only-the-policy-names-this.near";

/** Every kind of request, and every kind of failure, as far as they differ in what passes through the services. */
async function representativeRun(system: System): Promise<void> {
  const { devnet, product } = system;
  const rest = system.rest();
  const three = [dust, transfer("2000000000000000000"), registerStep(7)];
  // What succeeds, over every way in.
  assert.equal((await rest.execute(three, "all well")).body.status, "succeeded");
  await rest.execute(three, "all well");
  assert.equal((await rest.execute([dust], "all well")).status, 409);
  await rest.post("/workflows/plan", { steps: three });
  await rest.post("/sequential-batch", { calls: [setRegister(8)] }, { prefer: "wait=15" });
  const { request_id: id } = (await rest.execute([dust], "read")).body;
  await rest.get(`/workflows/${id}?wait=1`);
  const url = `${product.restUrl}/wallet/v1/workflows`;
  const byKey = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  await (await fetch(`${url}/${id}/events`, { headers: byKey })).text();
  const grpc = createClient(PlannerService, createGrpcTransport({ baseUrl: product.grpc.planner }));
  const steps = [{ kind: dust.kind, token: dust.token, amount: dust.amount, receiverId: dust.receiver_id }];
  await grpc.plan({ body: { case: "workflow", value: { steps } } }, { headers: { authorization: `Bearer ${apiKey}` } });

  // Whom nobody knows, and what nobody can read. Secrets in the wrong places are the worst of it.
  const wrong = [
    { authorization: `Bearer ${apiKey}x` },
    { authorization: `Basic ${apiKey}` },
    { "x-wallet-id": internalToken, "x-internal-wallet-auth": `${internalToken}x` },
  ];
  for (const headers of wrong) await fetch(`${url}/${id}?key=${apiKey}`, { headers });
  await fetch(`${url}/${apiKey}`, { headers: byKey });
  await fetch(`${url}/${id}/${internalToken}`, { headers: byKey });
  const bodies = [`{"steps": "${bodyText}"`, JSON.stringify({ steps: [{ kind: bodyText }], secret_key: bodyText })];
  for (const body of bodies) await fetch(`${url}/execute`, { method: "POST", headers: byKey, body });
  const signer = createClient(SignerProxyService, createGrpcTransport({ baseUrl: product.grpc["signer-proxy"] }));
  const headers = { "x-service-name": "planner", "x-service-token": serviceToken };
  await signer.signStep({ walletId: "wallet-1", grant: grantSecret }, { headers }).catch(() => undefined);
  await signer.checkPolicy({ walletId: "wallet-1" }).catch(() => undefined);

  // What the policy refuses.
  const list = { mode: "whitelist" as const, list: [policyText] };
  devnet.controls.wallets.setPolicy("wallet-1", { rules: { addresses: list } });
  assert.equal((await rest.execute([dust], "denied")).body.status, "policy_denied");
  devnet.controls.wallets.setPolicy("wallet-1", undefined);

  // Upstreams that misbehave in the middle.
  for (const kind of ["reset", "server_error", "lost"] as const) {
    for (const target of ["rpc", "keystore"] as const) {
      devnet.controls.faults.add({ target, method: "*", count: 4, fault: { kind } });
    }
    const record = await rest.ended(await rest.begin([dust], `fault ${kind}`));
    assert.equal(record.status, "succeeded", kind);
  }
  devnet.controls.faults.add({ target: "keystore", method: "*", count: 3, fault: { kind: "html", status: 502 } });
  await rest.ended(await rest.begin([dust], "html"));
  devnet.controls.rpc.setAway(true);
  const away = await rest.begin([dust], "away");
  await rest.until(away, ({ status }) => status !== "planned");
  devnet.controls.rpc.setAway(false);
  await rest.ended(away);
}

describe("logs", () => {
  it("hold no secret, no policy and nothing signed, at any level, whatever happens", async () => {
    // Something that nobody foresaw, on the way of what was signed.
    let broken = 0;
    const wrap = misbehavingSigner({
      answer(response) {
        if (broken++ === 0) throw Object.assign(new Error("broke"), { response, headers: { token: internalToken } });
        return response;
      },
    });
    await withSystem({ wrap, rpcPaths: [`/v1/${providerKey}?apiKey=${providerKey}`] }, async (system) => {
      await representativeRun(system);
      const { devnet, logs } = system;
      const records = await Promise.all(
        [...new Set(logs.map((line) => JSON.parse(line).request_id))]
          .filter((id) => typeof id === "string")
          .map((id) => system.rest().record(id)),
      );
      const signed: readonly unknown[] = records.flatMap((record) => [
        ...(record.signed_nep366_delegates ?? []),
        ...(record.signed_nep413_payloads ?? []).flatMap((payload: unknown) => signaturesIn(JSON.stringify(payload))),
      ]);
      const inUse = system.secrets();
      const known = new Set(inUse.flatMap((secrets) => Object.values(secrets).flat()));
      const keys = [devnet.relayer.secretKey, devnet.approver.secretKey].map((key) => key.replace("ed25519:", ""));
      const tokens = [internalToken, serviceToken, apiKey, devnet.keystoreToken, grantSecret, providerKey];
      for (const secret of [...tokens, ...keys]) assert.ok(known.has(secret));
      assert.ok(signed.length > 10 && (secretsOnChain(devnet).sent ?? []).length > 10);
      assertHoldNone(logs, ...inUse, {
        policy: [policyText],
        requests: [bodyText],
        signed: signed.filter((text): text is string => typeof text === "string"),
      });
      // And it did log: every service, every level that there is reason for, and whose work it was.
      const lines = logs.map((line) => JSON.parse(line));
      const levels = new Set(lines.map(({ level }) => level));
      for (const level of ["debug", "info", "warn", "error"]) assert.ok(levels.has(level), level);
      const services = new Set(lines.map(({ service }) => service));
      assert.deepEqual([...services].sort(), ["broadcaster", "evidence", "gateway", "planner", "signer-proxy"]);
    });
  }).timeout(120_000);

  it("name the trace of a request in every service that has to do with it, and its wallet and workflow", async () => {
    await withSystem({}, async (system) => {
      // A workflow that is opened before anybody drives is found in a list, which names no trace.
      assert.equal((await system.rest().execute([dust], "driven")).body.status, "succeeded");
      const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
      const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, prefer: "wait=15" };
      const { body } = await system.rest().post("/workflows/execute", { steps: [dust] }, headers);
      assert.equal(body.status, "succeeded", body.message);
      // The other lane, and what goes wrong, say no less.
      await install(system);
      const { body: direct } = await system.rest().post("/direct-user/function-call/execute", scope, headers);
      assert.equal(direct.status, "succeeded", direct.message);
      const fault = { kind: "server_error" } as const;
      system.devnet.controls.faults.add({ target: "keystore", method: "*", count: 4, fault });
      system.devnet.controls.faults.add({ target: "rpc", method: "send_tx", count: 4, fault });
      const { body: delayed } = await system.rest().post("/workflows/execute", { steps: [dust] }, headers);
      assert.equal(delayed.status, "succeeded", delayed.message);
      const lines = system.logs.map((line) => JSON.parse(line));
      const traced = lines.filter(({ trace_id }) => trace_id === traceId);
      const services = new Set(traced.map(({ service }) => service));
      assert.deepEqual([...services].sort(), ["broadcaster", "evidence", "gateway", "planner", "signer-proxy"]);
      for (const msg of ["request", "policy checked", "signed", "appended"]) {
        const found = traced.find((line) => line.msg === msg && line.request_id === body.request_id);
        assert.equal(found?.wallet_id, "wallet-1", msg);
      }
      const told = traced.filter(({ level, request_id }) => level !== "debug" && level !== "trace" && request_id);
      assert.deepEqual(
        new Set(told.map(({ request_id }) => request_id)),
        new Set([body.request_id, direct.request_id, delayed.request_id]),
      );
      assert.ok(told.some(({ service, level }) => service === "broadcaster" && level === "warn"));
      for (const line of told) assert.equal(line.wallet_id, "wallet-1", JSON.stringify(line));
    });
  });
});
