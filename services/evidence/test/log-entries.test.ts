import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import { checkHistory, workSubject } from "@outlayer/workflow";
import { type EventKind, type EvidenceUnderTest, startEvidence, walletHeaders } from "./support/harness.ts";
import { codeOf, ended, taken } from "./support/log-events.ts";
import { onEveryStore } from "./support/places.ts";

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

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

  it("names no resume at the end that nobody saw run", async () => {
    const requestId = await evidence.open("lost-fork");
    const transaction = { hash: "lost" };
    const value = { transaction, mode: "chain", intentIds: ["1"], feeYocto: "7" };
    await evidence.append(requestId, 1, { case: "resumePrepared", value });
    const record = () => evidence.records.getRecord({ requestId }, { headers: walletHeaders });
    assert.equal((await record()).resumeTxHash, "lost");
    await evidence.append(requestId, 2, { case: "idsWithdrawn", value: { steps: [0] } });
    await evidence.append(requestId, 3, { case: "ended", value: { status: "failed", errorCode: "timed_out" } });
    const { resumeTxHash, resumeTxHashes } = await record();
    assert.deepEqual([resumeTxHash, resumeTxHashes], [undefined, ["lost"]]);
  });

  it("writes a wish to cancel down once, whoever appends meanwhile, and tells the drivers", async () => {
    const requestId = await evidence.open("wished");
    const told: string[] = [];
    const end = evidence.bus.subscribe(workSubject("gate:gate.near"), (data) =>
      told.push(new TextDecoder().decode(data)),
    );
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
});
