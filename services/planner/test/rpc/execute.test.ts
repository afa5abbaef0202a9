import assert from "node:assert/strict";
import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { Code, Refusal } from "@outlayer/kit";
import { fingerprint } from "@outlayer/workflow";
import { gateCall, gateId, transfer } from "../support/planning.ts";
import { asWallet, evidence, failureOf, startPlanner } from "../support/server.ts";

const workflow = (value: object, idempotencyKeys: string[] = []) => ({
  body: { case: "workflowJson" as const, value: JSON.stringify(value) },
  idempotencyKeys,
});
const batch = (value: object, idempotencyKeys: string[] = []) => ({
  body: { case: "batchJson" as const, value: JSON.stringify(value) },
  idempotencyKeys,
});
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const call = { receiver_id: "count.mike.near", method_name: "increase", gas: "1000", args_base64: "" };
const batchBody = { gate_id: "gate.sequential.near", calls: [call] };

describe("PlannerService.ExecuteWorkflow", () => {
  it("records what was asked, how it was planned and the calls that come of it", async () => {
    const { client, opened } = startPlanner();
    const body = { steps: [transfer, gateCall], idempotency_key: "dust-1", note: null };
    const { record, created } = await client.executeWorkflow(workflow(body), asWallet);
    const [request] = opened;
    assert.deepEqual([created, record?.requestId], [true, request?.requestId]);
    assert.match(request?.requestId ?? "", uuidV7);
    const event = request?.opened;
    assert.equal(event?.endpoint, "workflow");
    assert.equal(event.walletId, "wallet-1");
    assert.equal(event.idempotencyKey, "dust-1");
    assert.equal(event.fingerprint, fingerprint("workflow", body));
    assert.deepEqual(JSON.parse(event.originalRequestText), body);
    assert.deepEqual(JSON.parse(event.workflowText), { steps: [transfer, gateCall] });
    assert.equal(event.planJson?.executable, true);
    assert.deepEqual([event.gateId, event.planJson.gateId, request?.onlyFinds], [gateId, gateId, false]);
    assert.equal(event.ended, undefined);
    assert.deepEqual(
      event.calls.map(({ receiverId, methodName, gas, deposit, payload }) => {
        return [receiverId, methodName, gas, deposit, payload.case];
      }),
      [
        ["intents.near", "execute_intents", "100000000000000", "0", "intents"],
        ["count.mike.near", "increase", "100000000000000", "0", "args"],
      ],
    );
  });

  it("records what is rejected as well, and asks nobody about it", async () => {
    const { client, opened, asked } = startPlanner();
    const { record } = await client.executeWorkflow(workflow({ steps: [transfer, { kind: "x" }] }), asWallet);
    assert.equal(record?.status, "rejected");
    assert.deepEqual(asked, []);
    const event = opened[0]?.opened;
    assert.deepEqual([event?.calls, event?.gateId], [[], ""]);
    assert.equal(event?.ended?.errorCode, "planner_rejected");
    assert.equal(event?.ended?.userVisibleError, "unsupported workflow step kind");
  });

  it("records nothing new at a gate that went while the request was planned", async () => {
    const gates = [{ gateId, weight: 1, drain: false }];
    const { client, opened } = startPlanner({
      gates,
      getGateFacts() {
        gates.splice(0, 1, { gateId: "another.near", weight: 1, drain: false });
        return {};
      },
      openWorkflow() {
        throw new Refusal(Code.NotFound, "no key");
      },
    });
    const failed = await failureOf(client.executeWorkflow(workflow({ steps: [transfer] }), asWallet));
    assert.deepEqual(
      [failed, opened.map(({ onlyFinds, opened }) => [opened?.gateId, onlyFinds])],
      [`Unavailable: gate ${gateId} is drained and takes nothing new: try again later`, [[gateId, true]]],
    );
  });

  it("records nothing new at a gate that is drained, finds what it has, and records what no gate would carry", async () => {
    const gates = [{ gateId, weight: 1, drain: true }];
    const { client, opened } = startPlanner({
      gates,
      openWorkflow(request, context) {
        if (request.onlyFinds && request.opened?.idempotencyKey !== "known") throw new Refusal(Code.NotFound, "no key");
        return evidence()(request, context);
      },
    });
    for (const refused of [
      client.executeWorkflow(workflow({ steps: [transfer] }, ["new"]), asWallet),
      client.executeSequentialBatch(batch(batchBody, ["new"]), asWallet),
    ]) {
      const error = ConnectError.from(await refused.catch((caught: unknown) => caught));
      assert.deepEqual(
        [error.code, error.findDetails(ErrorInfoSchema)[0]?.reason],
        [Code.Unavailable, "GATE_DRAINING"],
      );
      assert.match(error.rawMessage, /^gate gate\.sequential\.near is drained and takes nothing new/);
    }
    for (const asked of [workflow({ steps: [transfer] }), {}]) {
      const { preflight } = await client.preflight(asked, asWallet);
      assert.deepEqual([preflight?.ready, preflight?.abortReasons.includes("gate_drained")], [false, true]);
    }
    await client.executeWorkflow(workflow({ steps: [transfer] }, ["known"]), asWallet);
    const { record } = await client.executeWorkflow(workflow({ steps: [{ kind: "x" }] }, ["rejected"]), asWallet);
    assert.equal(record?.status, "rejected");
    assert.deepEqual(
      opened.map(({ onlyFinds, opened }) => [opened?.idempotencyKey, onlyFinds]),
      [
        ["new", true],
        ["new", true],
        ["known", true],
        ["rejected", false],
      ],
    );
  });

  it("records a setup status without an error code", async () => {
    const { client, opened } = startPlanner();
    await client.executeWorkflow(workflow({ steps: [{ kind: "funding.wrap_near" }] }), asWallet);
    const ended = opened[0]?.opened?.ended;
    assert.deepEqual([ended?.status, ended?.errorCode], ["requires_funding_setup", undefined]);
  });

  it("records a workflow whose facts are not to be had", async () => {
    const { client, opened } = startPlanner({
      getAccount: () => Promise.reject(new Refusal(Code.Unavailable, "away")),
    });
    await client.executeWorkflow(workflow({ steps: [transfer] }), asWallet);
    assert.deepEqual(opened[0]?.opened?.planJson?.unchecked, ["wallet_account"]);
    assert.equal(opened[0]?.opened?.calls.length, 1);
  });

  it("opens a few at a time, and all of them in the end", async () => {
    const held = Promise.withResolvers<void>();
    let [atOnce, most] = [0, 0];
    const { client, opened } = startPlanner({
      async openWorkflow(request, context) {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await held.promise;
        atOnce -= 1;
        return evidence()(request, context);
      },
    });
    const all = Array.from({ length: 30 }, () => client.executeWorkflow(workflow({ steps: [transfer] }), asWallet));
    while (opened.length < 24) await new Promise(setImmediate);
    held.resolve();
    await Promise.all(all);
    assert.deepEqual([opened.length, most], [30, 24]);
  });

  it("lets nobody wait for facts that others ask for and are slow to get", async () => {
    const slow = Promise.withResolvers<void>();
    let asked = 0;
    const { client, opened } = startPlanner({
      async getAccount() {
        asked += 1;
        if (asked <= 30) await slow.promise;
        return { accountId: "alice.near", publicKey: "ed25519:x" };
      },
    });
    const those = Array.from({ length: 30 }, () => client.executeWorkflow(workflow({ steps: [transfer] }), asWallet));
    while (asked < 30) await new Promise(setImmediate);
    await client.executeWorkflow(workflow({ steps: [transfer] }), asWallet);
    assert.equal(opened.length, 1);
    slow.resolve();
    await Promise.all(those);
  });

  it("takes no more of a wallet whose requests wait for over 2 s, before any work, and all of others (rule: overload-is-refused-before-work)", async () => {
    const held = Promise.withResolvers<void>();
    let nowMs = Date.now();
    const { client, asked, opened } = startPlanner({
      clock: { now: () => nowMs },
      async openWorkflow(request, context) {
        await held.promise;
        return evidence()(request, context);
      },
    });
    const other = { headers: { ...asWallet.headers, "x-wallet-id": "wallet-2" } };
    const execute = (options = asWallet) => client.executeWorkflow(workflow({ steps: [transfer] }), options);
    const all = Array.from({ length: 25 }, () => execute());
    while (opened.length < 24) await new Promise(setImmediate);
    nowMs += 2_000;
    all.push(execute());
    // The account of the wallet is known by now, and the gate's terms are no longer recent.
    while (asked.length < 51) await new Promise(setImmediate);
    nowMs += 1;
    const said =
      "Unavailable: more requests of this wallet wait than can be recorded in time: try again with the same idempotency key";
    assert.equal(await failureOf(execute()), said);
    assert.equal(asked.length, 51, "it costs neither keystore nor chain anything");
    all.push(execute(other));
    while (asked.length < 52) await new Promise(setImmediate);
    held.resolve();
    await Promise.all(all);
    assert.equal(opened.length, 27);
    await execute();
  });

  it("leaves no record of what cannot be read", async () => {
    const { client, opened } = startPlanner();
    const executed = client.executeWorkflow(workflow({ steps: [{ kind: "intents.transfer" }] }), asWallet);
    assert.equal(await failureOf(executed), "InvalidArgument: invalid workflow JSON: steps[0].token is required");
    assert.deepEqual(opened, []);
  });

  it("refuses callers without credentials", async () => {
    const { client, opened } = startPlanner();
    assert.match(await failureOf(client.executeWorkflow(workflow({ steps: [] }))), /^Unauthenticated: /);
    assert.deepEqual(opened, []);
  });
});

describe("the idempotency key of an execution", () => {
  it("has created what a call made again finds of its first try", async () => {
    const { client } = startPlanner({
      async openWorkflow(request, context) {
        const open = evidence();
        await open(request, context);
        return open(request, context);
      },
    });
    assert.equal((await client.executeWorkflow(workflow({ steps: [transfer] }), asWallet)).created, true);
  });

  it("may come in the body or beside it, and finds the record it has opened", async () => {
    const { client } = startPlanner({ openWorkflow: evidence() });
    const body = { steps: [transfer] };
    const first = await client.executeWorkflow(workflow({ ...body, idempotency_key: "k" }), asWallet);
    const second = await client.executeWorkflow(workflow(body, ["k", "k"]), asWallet);
    const third = await client.executeWorkflow(workflow({ ...body, idempotency_key: "k" }, ["k"]), asWallet);
    assert.deepEqual([first.created, second.created, third.created], [true, false, false]);
    assert.equal(second.record?.requestId, first.record?.requestId);
    assert.equal(third.record?.requestId, first.record?.requestId);
  });

  it("is the same for a request as text and as message", async () => {
    const { client } = startPlanner({ openWorkflow: evidence() });
    const { kind, token, amount, receiver_id: receiverId } = transfer;
    const asText = await client.executeWorkflow(workflow({ steps: [transfer] }, ["k"]), asWallet);
    const value = { steps: [{ kind, token, amount, receiverId }], idempotencyKey: "k" };
    const asMessage = await client.executeWorkflow({ body: { case: "workflow", value } }, asWallet);
    assert.deepEqual([asText.created, asMessage.created], [true, false]);
  });

  it("is made where none is given, another each time", async () => {
    const { client, opened } = startPlanner();
    for (let i = 0; i < 2; i++) await client.executeWorkflow(workflow({ steps: [] }), asWallet);
    const keys = opened.map(({ opened }) => opened?.idempotencyKey ?? "");
    assert.equal(new Set(keys).size, 2);
    for (const key of keys) {
      assert.ok(key.startsWith("srv_"));
      assert.match(key.slice(4), uuidV7);
    }
  });

  it("is refused where the body and the headers differ", async () => {
    const { client, opened } = startPlanner();
    const executed = client.executeWorkflow(workflow({ steps: [], idempotency_key: "a" }, ["b"]), asWallet);
    assert.equal(
      await failureOf(executed),
      "InvalidArgument: idempotency keys differ: the body and the headers must give the same one",
    );
    assert.deepEqual(opened, []);
  });

  it("is refused for another request", async () => {
    const { client } = startPlanner({ openWorkflow: evidence() });
    await client.executeWorkflow(workflow({ steps: [] }, ["k"]), asWallet);
    assert.equal(
      await failureOf(client.executeWorkflow(workflow({ steps: [transfer] }, ["k"]), asWallet)),
      "AlreadyExists: idempotency key was already used with another request",
    );
    assert.equal(
      await failureOf(client.executeSequentialBatch(batch(batchBody, ["k"]), asWallet)),
      "AlreadyExists: idempotency key was already used with another request",
    );
  });

  it("is refused with the request that it was used for, where that is known", async () => {
    const requestId = "0192f3c0-7c1e-7000-8000-000000000000";
    const { client } = startPlanner({
      openWorkflow: () => Promise.reject(new Refusal(Code.AlreadyExists, "x", { requestId })),
    });
    const executed = client.executeWorkflow(workflow({ steps: [] }, ["k"]), asWallet);
    assert.equal(
      await failureOf(executed),
      `AlreadyExists: idempotency key was already used with another request (request ${requestId})`,
    );
    await assert.rejects(executed, (error: ConnectError) => {
      return error.findDetails(ErrorInfoSchema)[0]?.metadata.request_id === requestId;
    });
  });
});

describe("evidence that fails", () => {
  const failing = (code: Code) => startPlanner({ openWorkflow: () => Promise.reject(new Refusal(code, "secret")) });

  for (const code of [Code.Unavailable, Code.DeadlineExceeded]) {
    it(`with ${Code[code]} leaves it to the caller to try again under its key`, async () => {
      const { client } = failing(code);
      assert.equal(
        await failureOf(client.executeWorkflow(workflow({ steps: [] }, ["k"]), asWallet)),
        "Unavailable: the request may not have been recorded: try again with the same idempotency key",
      );
    });

    it(`with ${Code[code]} names the request to look for where there is no key to repeat`, async () => {
      const { client, opened } = failing(code);
      assert.equal(
        await failureOf(client.executeWorkflow(workflow({ steps: [] }), asWallet)),
        `Unavailable: the request may not have been recorded: look for request ${opened[0]?.requestId} before you try again`,
      );
    });
  }

  it("with anything else is an internal error, logged, and its text goes to nobody", async () => {
    const { client, lines } = failing(Code.InvalidArgument);
    assert.equal(
      await failureOf(client.executeWorkflow(workflow({ steps: [] }), asWallet)),
      "Internal: internal error",
    );
    assert.ok(lines.some(({ level, msg }) => level === "error" && msg === "handler failed"));
  });
});

describe("PlannerService.ExecuteSequentialBatch", () => {
  it("records a batch with its calls and views", async () => {
    const { client, opened, asked } = startPlanner();
    const views = [{ contract_id: "count.mike.near", method_name: "get_count", expect: 5 }];
    const body = { ...batchBody, post_batch_view_checks: views };
    await client.executeSequentialBatch(batch(body), asWallet);
    const event = opened[0]?.opened;
    assert.equal(event?.endpoint, "sequential_batch");
    assert.equal(event.fingerprint, fingerprint("sequential_batch", body));
    assert.deepEqual(JSON.parse(event.originalRequestText), body);
    assert.deepEqual(
      event.calls.map(({ receiverId, gas, payload }) => [receiverId, gas, payload.case]),
      [["count.mike.near", "1000", "args"]],
    );
    assert.equal(event.postViews[0]?.expectJson, "5");
    assert.deepEqual(asked, ["facts of gate.sequential.near"]);
  });

  it("records a batch that its own rules refuse, without a plan, and asks nobody about it (rule: bad-value-is-recorded)", async () => {
    const { client, opened, asked } = startPlanner();
    const { record } = await client.executeSequentialBatch(batch({ ...batchBody, gate_id: "other.near" }), asWallet);
    assert.equal(record?.status, "rejected");
    assert.equal(opened[0]?.opened?.ended?.userVisibleError, "gate_id must be gate.sequential.near");
    assert.deepEqual(opened[0]?.opened?.planJson?.steps, []);
    assert.deepEqual(asked, []);
  });

  it("takes a message without calls as one with none, which is recorded", async () => {
    const { client, opened } = startPlanner();
    const value = { gateId: "gate.sequential.near" };
    await client.executeSequentialBatch({ body: { case: "batch", value } }, asWallet);
    assert.equal(opened[0]?.opened?.ended?.userVisibleError, "sequential batch requires 1 to 3 calls");
  });

  it("opens the same for a message as for a text", async () => {
    const { client } = startPlanner({ openWorkflow: evidence() });
    const value = {
      gateId: "gate.sequential.near",
      calls: [{ receiverId: call.receiver_id, methodName: call.method_name, gas: call.gas, argsBase64: "" }],
    };
    const asText = await client.executeSequentialBatch(batch(batchBody, ["k"]), asWallet);
    const asMessage = await client.executeSequentialBatch(
      { body: { case: "batch", value }, idempotencyKeys: ["k"] },
      asWallet,
    );
    assert.deepEqual([asText.created, asMessage.created], [true, false]);
  });

  it("leaves no record of what cannot be read", async () => {
    const { client, opened } = startPlanner();
    const executed = client.executeSequentialBatch(batch({ ...batchBody, calls: [{ ...call, gas: 5 }] }), asWallet);
    assert.equal(await failureOf(executed), "InvalidArgument: invalid workflow JSON: calls[0].gas must be a string");
    assert.deepEqual(opened, []);
  });
});
