import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { ApprovalSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { type EvidenceUnderTest, opening, startEvidence } from "./support/harness.ts";
import { codeOf, ended, taken } from "./support/log-events.ts";
import { onEveryStore } from "./support/places.ts";

const approvalOf = (requestId: string) =>
  create(ApprovalSchema, { requestId, approverIds: ["mike"], requestHash: "c".repeat(64) });

onEveryStore("the log of workflows", (newPlace) => {
  let evidence: EvidenceUnderTest;

  beforeEach(async () => {
    evidence = await startEvidence(newPlace());
  });

  afterEach(() => evidence.stop());

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

  it("lists open workflows that have changed lately, by its own clock, and all where no age is named", async () => {
    let nowMs = 1_800_000_000_000;
    const timed = await startEvidence(newPlace(), { now: () => nowMs });
    try {
      const older = await timed.open("older");
      nowMs += 60_000;
      const newer = await timed.open("newer");
      const listed = async (changedWithinMs?: number) => {
        const { workflows } = await timed.logs.listOpenWorkflows(
          changedWithinMs === undefined ? {} : { changedWithinMs },
        );
        return workflows.map(({ requestId }) => requestId);
      };
      assert.deepEqual(await listed(60_000), [older, newer]);
      assert.deepEqual(await listed(59_999), [newer]);
      nowMs += 1;
      assert.deepEqual(await listed(60_000), [newer]);
      assert.deepEqual(await listed(), [older, newer]);
    } finally {
      await timed.stop();
    }
  });
});
