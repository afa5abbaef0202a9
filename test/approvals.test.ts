import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { PolicyDocument } from "@outlayer/devnet";
import { historyOf } from "./support/history.ts";
import type { Answer } from "./support/rest-client.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, setRegister, transfer } from "./support/steps.ts";
import { apiKey, internalToken, type System, startSystem } from "./support/system.ts";

const twoOf = (...ids: string[]): NonNullable<PolicyDocument["approval"]> => ({
  threshold: { required: 2 },
  approvers: ids.map((id) => ({ id, role: "signer" })),
});
const twoApprovals: PolicyDocument = { rules: {}, approval: twoOf("ann", "bob") };

interface Info {
  readonly request_id: string;
  readonly approver_ids: readonly string[];
  readonly request_hash: string;
}

/** The dust workflow as RFC 8785 writes it, and what its approvers approve. */
const dustText =
  '{"steps":[{"amount":"1000000000000000000","kind":"intents.transfer","receiver_id":"mike.near","token":"nep141:wrap.near"}]}';
const dustHash = createHash("sha256").update(dustText).digest("hex");
const wanted = "the wallet's policy requires 2 approvals for this workflow";

describeShapes("approvals (rule: approval-never-lifts-a-denial)", (shape) => {
  let system: System;
  let keys = 0;
  before(async () => {
    system = await startSystem({ shape });
  });
  beforeEach(() => system.devnet.controls.wallets.setPolicy("wallet-1", twoApprovals));
  after(() => system.stop());

  const send = (body: object, walletId?: string, path = "/workflows/execute") => {
    keys += 1;
    const keyed = { idempotency_key: `key-${keys}`, ...body };
    return system.rest(walletId).post(path, keyed, { prefer: "wait=15" });
  };
  const approved = (info: Info, steps: readonly object[] = [dust], walletId?: string) =>
    send({ steps, approval_info: info }, walletId);
  const asked = (requestId: string, ...approvers: string[]): Info => ({
    request_id: requestId,
    approver_ids: approvers,
    request_hash: dustHash,
  });

  /** Sends the dust workflow, which wants approvals. @returns its request id */
  async function wanting(walletId?: string): Promise<string> {
    const answer = await send({ steps: [dust] }, walletId);
    assertWanting(answer);
    return answer.body.request_id;
  }

  function assertWanting({ status, body }: Answer, text = wanted): void {
    assert.deepEqual(
      [status, body.status, body.error_code, body.user_visible_error],
      [409, "requires_approval", "requires_approval", text],
    );
    assert.deepEqual(body.approval, { required_approvals: 2, request_hash: dustHash });
  }

  const signatures = () => {
    const counts = system.devnet.controls.counters.snapshot().keystore;
    return (counts["/wallet/sign-nep413"] ?? 0) + (counts["/wallet/sign-nep366-delegate"] ?? 0);
  };

  it("a workflow that wants them says how many, and of what; others say nothing of approvals", async () => {
    const requestId = await wanting();
    assert.deepEqual((await system.rest().record(requestId)).approval, {
      required_approvals: 2,
      request_hash: dustHash,
    });
    const other = await send({ steps: [dust] }, "wallet-2");
    assert.deepEqual([other.body.status, other.body.approval], ["succeeded", null]);
  });

  it("sent again under a new key with two of them it is carried out, and the record says so", async () => {
    const requestId = await wanting();
    const info = asked(requestId, "ann", "bob");
    const { status, body } = await approved(info);
    assert.deepEqual([status, body.status, body.approval], [200, "succeeded", null], body.user_visible_error);
    assert.notEqual(body.request_id, requestId);
    assert.deepEqual(body.original_request_json.approval_info, info);
    assert.equal((await system.rest().record(requestId)).status, "requires_approval");
  });

  it("the same of a sequential batch", async () => {
    const batch = { gate_id: "gate.sequential.near", calls: [setRegister(7)] };
    const first = await send(batch, undefined, "/sequential-batch");
    assert.equal(first.body.status, "requires_approval");
    const { request_id, approval } = first.body;
    const info = { request_id, approver_ids: ["ann", "bob"], request_hash: approval.request_hash };
    const second = await send({ ...batch, approval_info: info }, undefined, "/sequential-batch");
    assert.equal(second.body.status, "succeeded", second.body.user_visible_error);
  });

  it("the same by gRPC, as a message", async () => {
    const requestId = await wanting();
    const planner = createClient(PlannerService, createGrpcTransport({ baseUrl: system.product.grpc.planner }));
    const headers = { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": internalToken };
    const step = { kind: dust.kind, token: dust.token, amount: dust.amount, receiverId: dust.receiver_id };
    const approvalInfo = { requestId, approverIds: ["ann", "bob"], requestHash: dustHash };
    const workflow = { steps: [step], approvalInfo, idempotencyKey: "by-grpc" };
    const { record } = await planner.executeWorkflow({ body: { case: "workflow", value: workflow } }, { headers });
    const ended = await system.rest().ended(record?.requestId ?? "");
    assert.equal(ended.status, "succeeded", ended.user_visible_error);
    const reused = planner.executeWorkflow(
      { body: { case: "workflow", value: { ...workflow, idempotencyKey: "again" } } },
      { headers },
    );
    await assert.rejects(reused, {
      rawMessage: `approval of request ${requestId} was already used (request ${record?.requestId})`,
    });
  });

  it("are used up once: the same key finds the same record, another one is told who used them", async () => {
    const requestId = await wanting();
    const info = asked(requestId, "ann", "bob");
    const first = await send({ steps: [dust], approval_info: info, idempotency_key: "once" });
    assert.equal(first.body.status, "succeeded", first.body.user_visible_error);
    const before = signatures();
    const again = await send({ steps: [dust], approval_info: info, idempotency_key: "once" });
    assert.deepEqual([again.status, again.body.request_id], [200, first.body.request_id]);
    const other = await approved(info);
    assert.deepEqual(
      [other.status, other.body.message, other.body.request_id],
      [
        409,
        `approval of request ${requestId} was already used (request ${first.body.request_id})`,
        first.body.request_id,
      ],
    );
    assert.equal(signatures(), before);
  });

  it("are used up once by sixteen at once too", async () => {
    const info = asked(await wanting(), "ann", "bob");
    const answers = await Promise.all(Array.from({ length: 16 }, () => approved(info)));
    assert.deepEqual(
      answers.map(({ status }) => status).sort((left, right) => left - right),
      [200, ...Array(15).fill(409)],
    );
  });

  it("too few of them, or one twice, is wanting them again; that request can then be approved", async () => {
    const tooFew = await approved(asked(await wanting(), "ann", "ann"));
    assertWanting(tooFew);
    const enough = await approved(asked(tooFew.body.request_id, "ann", "bob"));
    assert.equal(enough.body.status, "succeeded", enough.body.user_visible_error);
  });

  it("of somebody whom the policy does not know, the keystore refuses: they are wanted again, and nothing counts", async () => {
    // Room for one: what was reserved for the one that the keystore refused must be free for the next.
    const rules = { limits: { daily: { [dust.token]: dust.amount } } };
    system.devnet.controls.wallets.setPolicy("wallet-3", { ...twoApprovals, rules });
    const refused = await approved(asked(await wanting("wallet-3"), "ann", "mallory"), [dust], "wallet-3");
    assertWanting(refused, "keystore refused: Insufficient valid approvals: 1 of 2 required");
    assert.deepEqual(refused.body.signed_nep413_payloads, []);
    const { body } = await approved(asked(await wanting("wallet-3"), "ann", "bob"), [dust], "wallet-3");
    assert.equal(body.status, "succeeded", body.user_visible_error);
  });

  it("never lift a denial", async () => {
    const requestId = await wanting();
    const rules = { limits: { per_transaction: { [dust.token]: "5" } } };
    system.devnet.controls.wallets.setPolicy("wallet-1", { ...twoApprovals, rules });
    const { status, body } = await approved(asked(requestId, "ann", "bob"));
    const reason = `Per-transaction limit exceeded for ${dust.token}: ${dust.amount} > 5`;
    assert.deepEqual(
      [status, body.status, body.user_visible_error, body.approval],
      [400, "policy_denied", `policy denied before signing: ${reason}`, null],
    );
  });

  describe("that do not hold are refused with 400, and open nothing", () => {
    const unknown = "approval_info.request_id names no request of this wallet and endpoint that requires approval";
    const other = "0192f3c0-7c1e-7000-8000-000000000000";

    async function assertRefused(
      { info, steps = [dust], walletId }: { info: Info; steps?: readonly object[]; walletId?: string },
      message: string,
    ): Promise<void> {
      keys += 1;
      const idempotency_key = `refused-${keys}`;
      const { status, body } = await send({ steps, approval_info: info, idempotency_key }, walletId);
      assert.deepEqual([status, body.message, body.error, body.request_id], [400, message, message, undefined]);
      // Had a record been opened, its key would be taken.
      const after = await send({ steps: [], idempotency_key }, walletId);
      assert.deepEqual([after.status, after.body.status], [400, "rejected"]);
    }

    it("an API key instead of the internal token", async () => {
      const info = asked(await wanting(), "ann", "bob");
      const response = await fetch(`${system.product.restUrl}/wallet/v1/workflows/execute`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ steps: [dust], approval_info: info }),
      });
      const body = (await response.json()) as { message: string };
      assert.deepEqual(
        [response.status, body.message],
        [400, "approval_info is accepted only with the internal token"],
      );
      const { body: record } = await approved(info);
      assert.equal(record.status, "succeeded", "the approval was not used up");
    });

    it("a hash that is not this request's", async () => {
      const info = { ...asked(await wanting(), "ann", "bob"), request_hash: "0".repeat(64) };
      await assertRefused({ info }, "approval_info.request_hash is not the approval digest of this request");
    });

    it("another body than the one that was approved", async () => {
      const requestId = await wanting();
      const changed = [transfer("2000000000000000000")];
      await assertRefused(
        { info: asked(requestId, "ann", "bob"), steps: changed },
        "approval_info.request_hash is not the approval digest of this request",
      );
      const ownHash = createHash("sha256")
        .update(dustText.replace('"1000000000000000000"', '"2000000000000000000"'))
        .digest("hex");
      await assertRefused(
        { info: { ...asked(requestId, "ann", "bob"), request_hash: ownHash }, steps: changed },
        `approval_info.request_hash is not the approval digest of request ${requestId}`,
      );
    });

    it("an unknown request", async () => {
      await assertRefused({ info: asked(other, "ann", "bob") }, unknown);
      await assertRefused({ info: asked("no uuid", "ann", "bob") }, unknown);
    });

    it("another wallet's request", async () => {
      const requestId = await wanting();
      system.devnet.controls.wallets.setPolicy("wallet-2", twoApprovals);
      await assertRefused({ info: asked(requestId, "ann", "bob"), walletId: "wallet-2" }, unknown);
      system.devnet.controls.wallets.setPolicy("wallet-2", undefined);
    });

    it("a request of the other endpoint", async () => {
      const batch = { gate_id: "gate.sequential.near", calls: [setRegister(7)] };
      const { body } = await send(batch, undefined, "/sequential-batch");
      assert.equal(body.status, "requires_approval");
      await assertRefused({ info: asked(body.request_id, "ann", "bob") }, unknown);
    });

    it("a request that did not want approvals", async () => {
      system.devnet.controls.wallets.setPolicy("wallet-1", {});
      const { body } = await send({ steps: [dust] });
      assert.equal(body.status, "succeeded");
      await assertRefused({ info: asked(body.request_id, "ann", "bob") }, unknown);
    });

    it("nobody, too many, or somebody without a name", async () => {
      const requestId = await wanting();
      const count = "approval_info.approver_ids must name 1 to 32 approvers";
      await assertRefused({ info: asked(requestId) }, count);
      await assertRefused({ info: asked(requestId, ...Array.from({ length: 33 }, (_, index) => `a${index}`)) }, count);
      const length = "approval_info.approver_ids[1] must be 1 to 128 characters";
      await assertRefused({ info: asked(requestId, "ann", "") }, length);
    });

    it("what cannot be read", async () => {
      const info = { ...asked(other, "ann"), approver_ids: "ann" } as unknown as Info;
      await assertRefused({ info }, "invalid workflow JSON: approval_info.approver_ids must be an array");
    });
  });

  it("preflight lifts the same wish, and nothing more", async () => {
    const requestId = await wanting();
    const ask = async (body: object) => (await system.rest().post("/workflows/preflight", body)).body;
    assert.deepEqual((await ask({ steps: [dust] })).abort_reasons, ["policy", "simulation"]);
    const approval_info = asked(requestId, "ann", "bob");
    assert.deepEqual(await ask({ steps: [dust], approval_info }).then(({ abort_reasons }) => abort_reasons), []);
    const tooFew = await ask({ steps: [dust], approval_info: asked(requestId, "ann", "ann") });
    assert.deepEqual(tooFew.abort_reasons, ["policy", "simulation"]);
    const other = await ask({ steps: [transfer("5")], approval_info });
    assert.match(other.message, /^approval_info\.request_hash /);
    assert.equal((await approved(approval_info)).body.status, "succeeded", "it was not used up");
  });

  it("the policy itself is in no record, history, log or answer", async () => {
    const secrets = ["policy-approver-one", "policy-approver-two", "policy-address.near", "987654321987654321987"];
    const [one, two, address, limit] = secrets as [string, string, string, string];
    const rules = {
      addresses: { mode: "blacklist" as const, list: [address] },
      limits: { monthly: { "nep141:other.near": limit } },
    };
    system.devnet.controls.wallets.setPolicy("wallet-1", { rules, approval: twoOf(one, two) });
    const first = await send({ steps: [dust] });
    assertWanting(first);
    const second = await approved(asked(first.body.request_id, "ann", "bob"));
    assertWanting(second, "keystore refused: Insufficient valid approvals: 0 of 2 required");
    system.devnet.controls.wallets.setPolicy("wallet-1", { rules });
    const third = await send({ steps: [dust] });
    assert.equal(third.body.status, "succeeded");
    const answers = [first, second, third].map(({ body }) => JSON.stringify(body));
    const histories = await Promise.all(
      [first, second, third].map(({ body }) => historyOf(system, body.request_id as string)),
    );
    assert.ok(histories.every((entries) => entries.length > 2));
    const everything = [...answers, ...histories.flat(), ...system.logs].join("\n");
    for (const secret of secrets) assert.ok(!everything.includes(secret), secret);
  });
});
