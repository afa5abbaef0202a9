import assert from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { Code, Refusal } from "@outlayer/kit";
import { approvalDigest } from "@outlayer/workflow";
import { transfer } from "../support/planning.ts";
import { apiKey, asWallet, failureOf, type Others, startPlanner } from "../support/server.ts";

const approvedId = "0192f3c0-7c1e-7000-8000-000000000000";
const body = { steps: [transfer] };
const info = { request_id: approvedId, approver_ids: ["ann", "bob"], request_hash: approvalDigest(body) };

/** Evidence that holds one record, of a request that wants approval. */
function holding(status = "requires_approval", original: JsonObject = body): NonNullable<Others["getRecord"]> {
  return async ({ requestId }, { requestHeader }) => {
    assert.equal(requestHeader.get("x-wallet-id"), "wallet-1");
    assert.equal(requestHeader.get("x-wallet-proven-by"), "internal_token");
    assert.equal(requestHeader.get("x-internal-wallet-auth"), null, "no credential goes along");
    return { requestId, status, originalRequestText: JSON.stringify(original) };
  };
}

const request = (value: object) => ({ body: { case: "workflowJson" as const, value: JSON.stringify(value) } });

describe("a request that comes with an approval (rule: approval-is-for-one-request)", () => {
  it("is recorded with it, once the wallet's own record says that it is of the same request", async () => {
    const { client, opened, asked } = startPlanner({ getRecord: holding() });
    await client.executeWorkflow(request({ ...body, approval_info: info }), asWallet);
    assert.ok(asked.includes(`record ${approvedId} of workflow`));
    const { requestId, approverIds, requestHash } = opened[0]?.opened?.approval ?? {};
    assert.deepEqual([requestId, approverIds, requestHash], [approvedId, ["ann", "bob"], info.request_hash]);
  });

  it("reads no record where there is none to hold it against", async () => {
    const { client, opened, asked } = startPlanner();
    await client.executeWorkflow(request(body), asWallet);
    assert.equal(opened[0]?.opened?.approval, undefined);
    assert.ok(!asked.some((what) => what.startsWith("record")));
  });

  const unknown = "approval_info.request_id names no request of this wallet and endpoint that requires approval";
  const rows: readonly [string, object, Others["getRecord"], string][] = [
    ["a request that is not there", {}, undefined, unknown],
    ["one that did not want approval", {}, holding("succeeded"), unknown],
    [
      "one of another body",
      {},
      holding("requires_approval", { steps: [] }),
      `approval_info.request_hash is not the approval digest of request ${approvedId}`,
    ],
    [
      "a hash of something else",
      { request_hash: "0".repeat(64) },
      holding(),
      "approval_info.request_hash is not the approval digest of this request",
    ],
    ["nobody", { approver_ids: [] }, holding(), "approval_info.approver_ids must name 1 to 32 approvers"],
  ];
  for (const [name, change, getRecord, message] of rows) {
    it(`is refused where the approval is of ${name}`, async () => {
      const { client, opened } = startPlanner(getRecord === undefined ? {} : { getRecord });
      const executed = client.executeWorkflow(request({ ...body, approval_info: { ...info, ...change } }), asWallet);
      assert.equal(await failureOf(executed), `InvalidArgument: ${message}`);
      assert.deepEqual(opened, []);
    });
  }

  it("is refused from a caller with an API key, whatever it says", async () => {
    const { client, opened, asked } = startPlanner({ getRecord: holding() });
    const byKey = { headers: { authorization: `Bearer ${apiKey}` } };
    const executed = client.executeWorkflow(request({ ...body, approval_info: info }), byKey);
    const message = "InvalidArgument: approval_info is accepted only with the internal token";
    assert.equal(await failureOf(executed), message);
    const batch = { gate_id: "gate.sequential.near", calls: [], approval_info: info };
    const batched = { body: { case: "batchJson" as const, value: JSON.stringify(batch) } };
    assert.equal(await failureOf(client.executeSequentialBatch(batched, byKey)), message);
    assert.deepEqual([opened, asked], [[], []]);
  });

  it("is Unavailable while the record cannot be read", async () => {
    const { client, opened } = startPlanner({
      getRecord: () => Promise.reject(new Refusal(Code.Unavailable, "away")),
    });
    const executed = client.executeWorkflow(request({ ...body, approval_info: info }), asWallet);
    const message = "the request that was approved cannot be read now: try again";
    assert.equal(await failureOf(executed), `Unavailable: ${message}`);
    assert.deepEqual(opened, []);
  });

  it("is told which request has used the approval up", async () => {
    const used = { reason: "APPROVAL_ALREADY_USED", requestId: "the-other" };
    const { client } = startPlanner({
      getRecord: holding(),
      openWorkflow: () => Promise.reject(new Refusal(Code.AlreadyExists, "x", used)),
    });
    assert.equal(
      await failureOf(client.executeWorkflow(request({ ...body, approval_info: info }), asWallet)),
      `AlreadyExists: approval of request ${approvedId} was already used (request the-other)`,
    );
  });
});
