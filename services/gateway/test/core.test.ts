import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { inProgressStatuses, statuses } from "@outlayer/workflow";
import { answerOfPost } from "../src/core/answer.ts";
import { isJsonContentType } from "../src/core/content-type.ts";
import { versionSeen } from "../src/core/event-stream.ts";
import { Problem } from "../src/core/problem.ts";
import { waitOfPrefer, waitOfQuery } from "../src/core/wait.ts";

const is = (status: number) => (error: unknown) => error instanceof Problem && error.status === status;

describe("Prefer", () => {
  const cases: readonly [header: string | undefined, secs: number | undefined][] = [
    [undefined, undefined],
    ["", undefined],
    ["wait=10", 10],
    ["wait=0", 0],
    ["WAIT = 7", 7],
    ['wait="12"', 12],
    ["wait=60", 60],
    ["wait=61", 60],
    ["wait=99999999999999999999", 60],
    ["respond-async, wait=3", 3],
    ["respond-async,wait=3;strict", 3],
    ["wait=3, wait=9", 3],
    ["wait=x, wait=9", undefined],
    ["wait", undefined],
    ["wait=", undefined],
    ["wait=-1", undefined],
    ["wait=1.5", undefined],
    ["wait=1s", undefined],
    ["wait=5 6", undefined],
    ['wait="5', undefined],
    ["wait; of=5", undefined],
    ['note="a, wait=9"', undefined],
    ['note="a\\", wait=9", wait=4', 4],
    ["waiting=9", undefined],
    [`${"a,".repeat(8000)}wait=2`, 2],
    [`x="${'\\"'.repeat(8000)}", wait=2`, 2],
    [`wait=4, x=${'"\\'.repeat(8000)}`, 4],
    ['a="b", wait=2', 2],
    ['a="b\\\\", wait=2', 2],
    ['wait=2, a="', 2],
    ['a="b, wait=2', undefined],
  ];
  for (const [header, secs] of cases) {
    it(`${JSON.stringify(header?.slice(-40))} means ${secs === undefined ? "nothing" : `${secs} s`}`, () => {
      assert.equal(waitOfPrefer(header), secs);
    });
  }
});

describe("?wait", () => {
  it("is 0 to 25 seconds, and 0 without it", () => {
    assert.equal(waitOfQuery([]), 0);
    assert.equal(waitOfQuery(["0"]), 0);
    assert.equal(waitOfQuery(["25"]), 25);
  });
  for (const values of [["26"], ["-1"], ["1.5"], [""], ["x"], ["1e1"], ["100"], ["5", "5"]]) {
    it(`is refused as ${JSON.stringify(values)}`, () => {
      assert.throws(() => waitOfQuery(values), { message: "wait must be an integer from 0 to 25" });
    });
  }
});

describe("a content type", () => {
  const cases: readonly [type: string | undefined, json: boolean][] = [
    [undefined, true],
    ["application/json", true],
    ["APPLICATION/JSON ; Charset=UTF-8", true],
    ['application/json;charset="utf-8"', true],
    ["application/json; profile=x", true],
    ["application/json; charset=latin1", false],
    ["application/problem+json", false],
    ["application/jsonp", false],
    ["text/plain", false],
    ["", false],
  ];
  for (const [type, json] of cases) {
    it(`${JSON.stringify(type)} is ${json ? "" : "not "}taken`, () => assert.equal(isJsonContentType(type), json));
  }
});

describe("what a reader of events has seen", () => {
  it("is what Last-Event-ID says, else what ?after says, else nothing", () => {
    assert.equal(versionSeen(undefined, []), 0);
    assert.equal(versionSeen(undefined, ["4"]), 4);
    assert.equal(versionSeen("7", ["4"]), 7);
    assert.equal(versionSeen("", ["4"]), 4);
  });
  it("must be an event's id", () => {
    for (const id of ["-1", "x", "1.5", "1".repeat(16), " "]) assert.throws(() => versionSeen(id, []), is(400));
    for (const after of [[""], ["x"], ["1", "2"]]) assert.throws(() => versionSeen(undefined, after), is(400));
  });
});

describe("the answer of a POST", () => {
  const answerOf = (status: string, retryAfterMs?: number) => {
    const statusUrl = "/wallet/v1/workflows/1";
    const record = create(RecordSchema, { status, statusUrl, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    const answer = answerOfPost(record, "/", 3);
    assert.equal(answer.kind, "json");
    return answer;
  };

  it("has the code that the table has, for every status", () => {
    const byCode = Map.groupBy(statuses, (status) => answerOf(status).status);
    assert.deepEqual(Object.fromEntries(byCode), {
      200: ["succeeded"],
      202: [...inProgressStatuses],
      400: ["cancelled", "rejected", "policy_denied", "failed"],
      409: ["requires_funding_setup", "requires_direct_user_setup", "requires_approval"],
    });
  });

  it("says in whole seconds when to ask again, never too early", () => {
    const secs = (ms?: number) => answerOf("queued", ms).headers["retry-after"];
    assert.deepEqual([secs(1), secs(1000), secs(1001), secs(2500), secs()], ["1", "1", "2", "3", "1"]);
  });

  it("sends the caller after a record whose status a later version has added", () => {
    const answer = answerOf("teleporting");
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.location, "/wallet/v1/workflows/1");
    assert.equal(answerOf("constructor").status, 202);
  });

  it("tells which wait was applied, in every code", () => {
    for (const status of statuses) assert.equal(answerOf(status).headers["preference-applied"], "wait=3");
  });
});
