import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { ApprovalSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { createEvidence } from "@outlayer/evidence";
import { createLogger, InProcessBus, inMemoryTransport, systemPorts, workSubject } from "@outlayer/kit";
import { checkHistory } from "@outlayer/workflow";
import {
  bounds,
  type EventKind,
  type EvidenceUnderTest,
  opening,
  startEvidence,
  usageSecret,
  walletHeaders,
} from "./support/harness.ts";
import { onEveryStore } from "./support/places.ts";

const taken = { case: "taken", value: { driverId: "driver", epoch: 1n } } as const;
const ended = { case: "ended", value: { status: "failed", errorCode: "timed_out" } } as const;
const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

const approvalOf = (requestId: string) =>
  create(ApprovalSchema, { requestId, approverIds: ["mike"], requestHash: "c".repeat(64) });

async function codeOf(call: Promise<unknown>): Promise<Code> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  );
  assert.notEqual(outcome, undefined, "the call succeeded");
  return outcome as Code;
}

onEveryStore("the log of workflows", (newPlace) => {
  let evidence: EvidenceUnderTest;
  beforeEach(async () => {
    evidence = await startEvidence(newPlace());
  });
  afterEach(() => evidence.stop());

  it("chains every entry to the one before it", async () => {
    const requestId = await evidence.open("chained");
    await evidence.append(requestId, 1, taken);
    await evidence.append(requestId, 2, ended);
    const { entries } = await evidence.records.getHistory({ requestId }, { headers: walletHeaders });
    assert.deepEqual(
      entries.map(({ version }) => Number(version)),
      [1, 2, 3],
    );
    for (const [index, { entryJson, hash }] of entries.entries()) {
      assert.equal(sha256Hex(entryJson), hash);
      assert.equal(JSON.parse(entryJson).prev_hash, entries[index - 1]?.hash ?? "0".repeat(64));
    }
    const record = await evidence.records.getRecord({ requestId }, { headers: walletHeaders });
    assert.equal(record.headHash, entries.at(-1)?.hash);
    assert.equal(record.version, 3n);
  });

  it("a body cannot become a value in here: it is kept as the text it is given", async () => {
    const originalRequestText = JSON.stringify({ steps: [], x: Array.from({ length: 9000 }, () => 0) });
    const requestId = await evidence.open("text", { originalRequestText });
    const record = await evidence.records.getRecord({ requestId }, { headers: walletHeaders });
    assert.equal(record.originalRequestText, originalRequestText);
    assert.equal(record.originalRequestJson, undefined);
    const { entries } = await evidence.records.getHistory({ requestId }, { headers: walletHeaders });
    assert.equal(JSON.parse(entries[0]?.entryJson ?? "").event.opened.original_request_text, originalRequestText);
  });

  it("reads a log that holds its body as a value, as before there were texts, and its chain holds", async () => {
    const original = { steps: [{ kind: "intents.transfer", note: null }] };
    const former = {
      originalRequestText: "",
      workflowText: "",
      originalRequestJson: original,
      workflowJson: { steps: [] },
    };
    const requestId = await evidence.open("former", former);
    const record = await evidence.records.getRecord({ requestId }, { headers: walletHeaders });
    assert.equal(record.originalRequestText, JSON.stringify(original));
    assert.equal(record.workflowText, '{"steps":[]}');
    const { entries } = await evidence.records.getHistory({ requestId }, { headers: walletHeaders });
    const [entry] = entries;
    assert.deepEqual(JSON.parse(entry?.entryJson ?? "").event.opened.original_request_json, original);
    assert.equal(sha256Hex(entry?.entryJson ?? ""), entry?.hash);
  });

  it("names the resume that ran, not one that was only prepared beside it", async () => {
    const requestId = await evidence.open("resumed");
    const prepared = (hash: string): EventKind => ({
      case: "resumePrepared",
      value: { transaction: { hash }, mode: "chain", intentIds: ["1"], feeYocto: "7" },
    });
    await evidence.append(requestId, 1, prepared("ran"));
    await evidence.append(requestId, 2, prepared("never-sent"));
    await evidence.append(requestId, 3, { case: "resumeStarted", value: { txHash: "ran", blockHeight: 9n } });
    const record = await evidence.records.getRecord({ requestId }, { headers: walletHeaders });
    assert.equal(record.resumeTxHash, "ran");
    assert.deepEqual(record.resumeTxHashes, ["ran", "never-sent"]);
  });

  it("writes a wish to cancel down once, whoever appends meanwhile, and tells the drivers", async () => {
    const requestId = await evidence.open("wished");
    const told: string[] = [];
    const end = evidence.bus.subscribe(workSubject, (data) => told.push(new TextDecoder().decode(data)));
    const wish = () => evidence.logs.requestCancel({ requestId, walletId: "wallet-1" });
    const [, ...wishes] = await Promise.all([
      evidence.append(requestId, 1, taken).catch((error) => assert.equal(ConnectError.from(error).code, Code.Aborted)),
      wish(),
      wish(),
      wish(),
    ]);
    for (const { record } of wishes) assert.equal(record?.cancelRequested, true);
    const { entries } = await evidence.records.getHistory({ requestId }, { headers: walletHeaders });
    const kinds = entries.map(({ entryJson }) => Object.keys(JSON.parse(entryJson).event)[0]);
    assert.equal(kinds.filter((kind) => kind === "cancel_requested").length, 1);
    assert.deepEqual(told, [requestId]);
    end();
  });

  it("leaves what has ended as it is, and knows no other wallet's", async () => {
    const requestId = await evidence.open("over");
    const foreign = evidence.logs.requestCancel({ requestId, walletId: "wallet-2" });
    assert.equal(await codeOf(foreign), Code.NotFound);
    assert.equal(await codeOf(evidence.logs.requestCancel({ requestId: "none", walletId: "wallet-1" })), Code.NotFound);
    await evidence.append(requestId, 1, ended);
    const { record } = await evidence.logs.requestCancel({ requestId, walletId: "wallet-1" });
    assert.deepEqual([record?.status, record?.cancelRequested, record?.version], ["failed", false, 2n]);
  });

  it("a record settles until it ends, whatever becomes known meanwhile (rule: settling-until-nothing-is-possible)", async () => {
    const requestId = await evidence.open("settles");
    const transaction = { hash: "reject", signerId: "approver.near", publicKey: "ed25519:k", nonce: 1n };
    const outcomes = [{ outcome: "still_possible", possibleUntil: "2026-04-24T20:00:00Z" }];
    const accepted = { step: 0, txHash: "s", signerId: "relayer.near", intentId: "7", blockHash: "b", blockHeight: 5n };
    const events: EventKind[] = [
      taken,
      { case: "settling", value: { outcomes, errorCode: "timed_out", userVisibleError: "may still execute" } },
      { case: "submissionsAccepted", value: { steps: [accepted] } },
      { case: "resumePrepared", value: { transaction, mode: "reject", intentIds: ["7"], feeYocto: "30" } },
      { case: "resumeStarted", value: { txHash: "reject", blockHeight: 9n } },
    ];
    const statuses: string[] = [];
    for (const [index, event] of events.entries()) {
      await evidence.append(requestId, index + 1, event);
      const record = await evidence.records.getRecord({ requestId }, { headers: walletHeaders });
      statuses.push(record.status);
    }
    assert.deepEqual(statuses, ["policy_checking", "settling", "settling", "settling", "settling"]);
  });

  it("a record says what it waits for as long as it is queued, thrown-away signatures as well, and nothing after that", async () => {
    const requestId = await evidence.open("discards");
    const waiting: EventKind = { case: "waiting", value: { queue: { position: 2, waitingFor: "turn" } } };
    const admitted: EventKind = { case: "admitted", value: {} };
    const discarded: EventKind = { case: "signaturesDiscarded", value: { reason: "too old" } };
    const nothing: EventKind = { case: "signaturesDiscarded", value: { reason: "refused", nothingSigned: true } };
    const settling: EventKind = { case: "settling", value: { errorCode: "cancelled", userVisibleError: "x" } };
    const shown: string[] = [];
    const events = [
      taken,
      waiting,
      admitted,
      nothing,
      discarded,
      admitted,
      discarded,
      waiting,
      discarded,
      settling,
      ended,
    ];
    for (const [index, event] of events.entries()) {
      await evidence.append(requestId, index + 1, event);
      const record = await evidence.records.getRecord({ requestId }, { headers: walletHeaders });
      const { queue, status } = record;
      shown.push([status, ...(queue === undefined ? [] : [queue.position, queue.waitingFor])].join(" "));
    }
    assert.deepEqual(shown, [
      "policy_checking",
      "queued 2 turn",
      "signing",
      "signing",
      "queued 0 discarded_signatures",
      "signing",
      "queued 0 discarded_signatures",
      "queued 2 turn",
      "queued 0 discarded_signatures",
      "settling",
      "failed",
    ]);
  });

  it("shows where a log was altered afterwards", async () => {
    const requestId = await evidence.open("altered");
    await evidence.append(requestId, 1, taken);
    await evidence.append(requestId, 2, ended);
    const read = async () => {
      return (await evidence.records.getHistory({ requestId }, { headers: walletHeaders })).entries;
    };
    const check = async () => {
      const checked = checkHistory(await read(), sha256Hex);
      return checked.kind === "broken" ? checked.problem : checked.kind;
    };
    assert.equal(await check(), "intact");
    const [, original] = await read();
    const entryJson = original?.entryJson.replace('"driver"', '"thief"') ?? "";
    await evidence.place.alter(requestId, 2, { entryJson });
    assert.equal(await check(), "entry 2 is not what was hashed");
    await evidence.place.alter(requestId, 2, { hash: sha256Hex(entryJson) });
    assert.equal(await check(), "entry 3 does not follow the one before it");
    await evidence.place.remove(requestId, 2);
    assert.equal(await check(), "entry 2 is missing");
  });

  it("lets exactly one of 32 writers append the same version", async () => {
    const requestId = await evidence.open("raced");
    const writers = Array.from({ length: 32 }, () => evidence.append(requestId, 1, taken));
    const outcomes = await Promise.allSettled(writers);
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") assert.equal(ConnectError.from(outcome.reason).code, Code.Aborted);
    }
  });

  it("finds a workflow that was opened by the same call before, as when its answer got lost", async () => {
    const requestId = evidence.id();
    const opened = create(OpenedSchema, opening("again"));
    const first = await evidence.logs.openWorkflow({ requestId, opened });
    const second = await evidence.logs.openWorkflow({ requestId, opened });
    assert.deepEqual([first.created, second.created], [true, false]);
    assert.equal(second.record?.requestId, requestId);
    assert.equal(second.record?.version, 1n);
  });

  it("opens one workflow for 32 requests under the same key", async () => {
    const ids = await Promise.all(Array.from({ length: 32 }, () => evidence.open("same-key")));
    assert.equal(new Set(ids).size, 1);
    const { workflows } = await evidence.logs.listOpenWorkflows({});
    assert.equal(workflows.length, 1);
  });

  it("refuses a second body under the same key and names the first one's request", async () => {
    const requestId = await evidence.open("reused");
    const call = evidence.logs.openWorkflow({
      requestId: evidence.id(),
      opened: { ...opening("reused"), fingerprint: "b".repeat(64) },
    });
    const error = await call.then(() => undefined, ConnectError.from);
    assert.equal(error?.code, Code.AlreadyExists);
    assert.deepEqual(error?.findDetails(ErrorInfoSchema)[0]?.metadata, { request_id: requestId });
  });

  it("lets one of 32 requests use up an approval, and tells the others which one did (rule: approval-is-used-once)", async () => {
    const approved = evidence.id();
    const approval = approvalOf(approved);
    const opens = Array.from({ length: 32 }, async (_, index) => {
      const opened = { ...opening(`approved-${index}`), approval };
      return (await evidence.logs.openWorkflow({ requestId: evidence.id(), opened })).record?.requestId;
    });
    const outcomes = await Promise.allSettled(opens);
    const [first, ...others] = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    assert.deepEqual(others, []);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      const error = ConnectError.from(outcome.reason);
      assert.equal(error.code, Code.AlreadyExists);
      assert.equal(error.rawMessage, `approval of request ${approved} was already used (request ${first})`);
      const info = error.findDetails(ErrorInfoSchema)[0];
      assert.deepEqual([info?.reason, info?.metadata], ["APPROVAL_ALREADY_USED", { request_id: first }]);
    }
  });

  it("finds a workflow under its key before it looks at its approval", async () => {
    const approval = approvalOf(evidence.id());
    const opened = { ...opening("approved-again"), approval };
    const first = await evidence.logs.openWorkflow({ requestId: evidence.id(), opened });
    const again = await evidence.logs.openWorkflow({ requestId: evidence.id(), opened });
    assert.deepEqual([again.record?.requestId, again.created], [first.record?.requestId, false]);
  });

  it("keeps the keys of different wallets apart", async () => {
    const first = await evidence.open("shared");
    const second = await evidence.open("shared", { walletId: "wallet-2" });
    assert.notEqual(first, second);
  });

  it("refuses to append to a log that has ended, has moved on, or never began", async () => {
    const requestId = await evidence.open("ended");
    await evidence.append(requestId, 1, ended);
    assert.equal(await codeOf(evidence.append(requestId, 2, taken)), Code.FailedPrecondition);
    assert.equal(await codeOf(evidence.append(requestId, 1, taken)), Code.Aborted);
    assert.equal(await codeOf(evidence.append(evidence.id(), 1, taken)), Code.NotFound);
  });

  it("refuses an event without content before anything is written", async () => {
    const requestId = await evidence.open("empty");
    const call = evidence.logs.appendEvent({ requestId, expectedVersion: 1n, event: {}, lease: evidence.lease });
    assert.equal(await codeOf(call), Code.InvalidArgument);
    const { events } = await evidence.logs.readEvents({ requestId });
    assert.equal(events.length, 1);
  });

  it("lists open workflows page by page, oldest first, and leaves ended ones out", async () => {
    const ids = [];
    for (let index = 0; index < 5; index += 1) ids.push(await evidence.open(`page-${index}`));
    await evidence.append(ids[2] ?? "", 1, ended);
    const first = await evidence.logs.listOpenWorkflows({ pageSize: 2 });
    const second = await evidence.logs.listOpenWorkflows({ pageSize: 2, pageToken: first.nextPageToken });
    const third = await evidence.logs.listOpenWorkflows({ pageSize: 2, pageToken: second.nextPageToken });
    const found = [...first.workflows, ...second.workflows, ...third.workflows].map(({ requestId }) => requestId);
    assert.deepEqual(found, [ids[0], ids[1], ids[3], ids[4]]);
    assert.equal(third.nextPageToken, "");
  });

  it("gives every nonce of a sender out once, above the clock and ascending", async () => {
    const before = BigInt(Date.now());
    const reserve = () => evidence.logs.reserveNonces({ senderId: "alice.near", count: 3 });
    const given = (await Promise.all(Array.from({ length: 16 }, reserve))).map(({ nonces }) => nonces);
    const all = given.flat();
    assert.equal(new Set(all).size, 48);
    assert.ok(all.every((nonce) => nonce >= before && nonce < 2n ** 53n));
    for (const [first = 0n, second, third] of given) assert.deepEqual([second, third], [first + 1n, first + 2n]);
  });

  it("delegate nonces never come twice, however often the service restarts (rule: delegate-nonce-comes-once)", async () => {
    const { nonces } = await evidence.logs.reserveNonces({ senderId: "alice.near", count: 12 });
    const again = createEvidence(
      {
        database: evidence.place.database,
        credentials: { internalTokens: ["t"], apiKeys: new Map() },
        ...bounds,
        usageSecret,
      },
      { ports: systemPorts(), bus: new InProcessBus(), logger: createLogger("evidence", "silent") },
    );
    const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
    const logs = createClient(LogService, inMemoryTransport(again.routes, guards, "broadcaster"));
    const later = await logs.reserveNonces({ senderId: "alice.near", count: 1 });
    assert.ok((later.nonces[0] ?? 0n) > (nonces.at(-1) ?? 0n));
    await again.close?.();
  });

  it("lets one of 32 writers append to a gate's log, and gives the lane back as it was written", async () => {
    const gateId = "gate.near";
    const lane = { members: [{ requestId: evidence.id(), walletId: "w", calls: 3, admittedHeight: 7n }] };
    const { lease } = evidence;
    const append = () => evidence.logs.appendGateLog({ gateId, expectedVersion: 0n, change: "admitted", lane, lease });
    const outcomes = await Promise.allSettled(Array.from({ length: 32 }, append));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    const log = await evidence.logs.getGateLog({ gateId });
    assert.equal(log.version, 1n);
    assert.equal(log.lane?.members[0]?.calls, 3);
    assert.equal((await evidence.logs.getGateLog({ gateId: "other.near" })).version, 0n);
  });

  it("lets nobody append whose lease was taken anew, or who has none", async () => {
    const requestId = await evidence.open("leased");
    const { lease, logs } = evidence;
    const event = { kind: taken };
    const lane = { members: [] };
    const attempts = {
      event: (given: object) => logs.appendEvent({ requestId, expectedVersion: 1n, event, ...given }),
      gate: (given: object) =>
        logs.appendGateLog({ gateId: "gate.near", expectedVersion: 0n, change: "x", lane, ...given }),
    };
    const taker = { resource: lease.resource, holderId: "another", ttlMs: 1000 };
    assert.equal((await logs.acquireLease(taker)).taken, false);
    await logs.releaseLease({ lease, holderId: "tests" });
    const { taken: isTaken, epoch } = await logs.acquireLease(taker);
    assert.deepEqual([isTaken, epoch], [true, lease.epoch + 1n]);
    for (const attempt of Object.values(attempts)) {
      assert.equal(await codeOf(attempt({})), Code.InvalidArgument);
      const refusal = ConnectError.from(await attempt({ lease }).catch((error: unknown) => error));
      assert.equal(refusal.code, Code.Aborted);
      assert.equal(refusal.findDetails(ErrorInfoSchema)[0]?.reason, "LEASE_LOST");
      assert.equal(await codeOf(attempt({ lease: { ...lease, epoch: epoch + 1n } })), Code.Aborted);
      assert.equal(await codeOf(attempt({ lease: { ...lease, resource: "gate:other.near" } })), Code.Aborted);
    }
    assert.equal(await codeOf(logs.renewLease({ lease, holderId: "tests", ttlMs: 1000 })), Code.Aborted);
    assert.equal((await logs.readEvents({ requestId })).events.length, 1);
    assert.equal((await logs.getGateLog({ gateId: "gate.near" })).version, 0n);
    const now = { resource: lease.resource, epoch };
    for (const attempt of Object.values(attempts)) assert.equal((await attempt({ lease: now })).version > 0n, true);
  });

  it("keeps a lease for its holder until its time is over or it is given back", async () => {
    const { logs } = evidence;
    const resource = "gate:lease.near";
    const take = (holderId: string, ttlMs = 60_000) => logs.acquireLease({ resource, holderId, ttlMs });
    const [first, second] = [await take("a"), await take("b")];
    assert.deepEqual([first.taken, first.epoch, second.taken, second.epoch], [true, 1n, false, 1n]);
    assert.ok(second.remainingMs > 0 && second.remainingMs <= 60_000);
    // What a holder asks again, for want of an answer, it gets anew.
    assert.deepEqual([(await take("a", 100)).epoch, (await take("a", 100)).epoch], [2n, 3n]);
    await logs.renewLease({ lease: { resource, epoch: 3n }, holderId: "a", ttlMs: 100 });
    while (!(await take("b")).taken);
    // Late: it is another's by now, and stays so.
    await logs.releaseLease({ lease: { resource, epoch: 3n }, holderId: "a" });
    const third = await take("a");
    assert.deepEqual([third.taken, third.epoch], [false, 4n]);
  });

  it("lets nobody write whose business it is not", async () => {
    const credentials = { internalTokens: ["internal"], apiKeys: new Map<string, string>() };
    const service = createEvidence(
      {
        database: evidence.place.database,
        credentials,
        ...bounds,
        usageSecret,
      },
      { ports: systemPorts(), bus: new InProcessBus(), logger: createLogger("evidence", "silent") },
    );
    const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
    for (const caller of [undefined, "gateway", "planner", "signer-proxy", "evidence"] as const) {
      const logs = createClient(LogService, inMemoryTransport(service.routes, guards, caller));
      assert.equal(await codeOf(logs.listOpenWorkflows({})), Code.PermissionDenied);
    }
    await service.close?.();
  });
});
