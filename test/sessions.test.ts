import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { issueSession, sessionKey } from "@outlayer/access";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { describeShapes } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";
import { type System, startSystem } from "./support/system.ts";

const seed = new Uint8Array(32).fill(77);
const audience = "wallet.example";
/** The operator's wallet has an id that is a NEAR account id too. */
const operators = "wallet-1";
const key = "shared-key";

describeShapes("a session for the account that has an operator's wallet's name", (shape) => {
  let system: System;
  let requestId: string;
  let headers: { readonly authorization: string };

  before(async () => {
    const keys = Buffer.from(seed).toString("hex");
    system = await startSystem({
      shape,
      environment: { SESSION_SECRET_KEYS: keys, SESSION_AUDIENCE: audience },
    });
    requestId = (await system.rest(operators).execute([dust], key)).body.request_id;
    const terms = { keys: [sessionKey(seed)], audience };
    const session = { id: "0198c0de-0000-7000-8000-000000000001", accountId: operators };
    headers = { authorization: `Bearer ${(await issueSession(terms, session, Date.now())).token}` };
  });
  after(() => system.stop());

  const ask = async (method: string, path: string, body?: object, given: Record<string, string> = headers) => {
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(`${system.product.restUrl}/wallet/v1${path}`, {
      method,
      headers: { ...given, ...type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { message } = (await response.json()) as { message?: string };
    return [response.status, message];
  };
  const over = (url: string) => createGrpcTransport({ baseUrl: url });
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error) => ConnectError.from(error).code,
    );

  it("reads and cancels nothing of that wallet", async () => {
    const unknown = [404, `workflow request ${requestId} was not found`];
    assert.deepEqual(await ask("GET", `/workflows/${requestId}`), unknown);
    assert.deepEqual(await ask("DELETE", `/workflows/${requestId}`), unknown);
    const { evidence, planner } = system.product.grpc;
    const records = createClient(RecordService, over(evidence));
    assert.equal(await codeOf(records.getRecord({ requestId }, { headers })), Code.NotFound);
    assert.equal(await codeOf(records.getHistory({ requestId }, { headers })), Code.NotFound);
    const planning = createClient(PlannerService, over(planner));
    assert.equal(await codeOf(planning.cancelWorkflow({ requestId }, { headers })), Code.NotFound);
  });

  it("has nothing signed, and is not answered with that wallet's record under the same idempotency key", async () => {
    const steps = [dust];
    const message =
      "a session cannot have steps[0] (intents.transfer) signed: send it with the credentials of the wallet that is to sign";
    for (const path of ["plan", "preflight", "execute"]) {
      assert.deepEqual(await ask("POST", `/workflows/${path}`, { steps, idempotency_key: key }), [403, message], path);
    }
    const planning = createClient(PlannerService, over(system.product.grpc.planner));
    const body = { case: "workflowJson" as const, value: JSON.stringify({ steps, idempotency_key: key }) };
    assert.equal(await codeOf(planning.plan({ body }, { headers })), Code.PermissionDenied);
    assert.equal(await codeOf(planning.executeWorkflow({ body }, { headers })), Code.PermissionDenied);
  });

  it("reads accounts", async () => {
    assert.deepEqual((await ask("GET", "/accounts/mike.near"))[0], 200);
  });

  it("is 401 with a token that is not ours", async () => {
    const terms = { keys: [sessionKey(new Uint8Array(32).fill(78))], audience };
    const session = { id: "0198c0de-0000-7000-8000-000000000002", accountId: operators };
    const { token } = await issueSession(terms, session, Date.now());
    const given = { authorization: `Bearer ${token}` };
    const message = "the session token is not valid: sign in again";
    assert.deepEqual(await ask("GET", `/workflows/${requestId}`, undefined, given), [401, message]);
    const records = createClient(RecordService, over(system.product.grpc.evidence));
    assert.equal(await codeOf(records.getRecord({ requestId }, { headers: given })), Code.Unauthenticated);
  });
});
