import assert from "node:assert/strict";
import { Code, createLogger, Refusal, systemPorts } from "@outlayer/kit";
import {
  type BulkWriteResult,
  type Collection,
  MongoBulkWriteError,
  MongoNetworkError,
  type MongoServerError,
  type WriteConcernError,
} from "mongodb";
import { connect } from "../src/adapters/mongodb/client.ts";
import { Database } from "../src/adapters/mongodb/database.ts";
import { DatabaseRefused, NotSent, WriteConflict } from "../src/adapters/mongodb/errors.ts";
import { InsertGroup, type TextDocument } from "../src/adapters/mongodb/insert-group.ts";

interface Sample extends TextDocument {
  readonly _id: string;
}
type Outcome = "durable" | "not sent" | "unknown" | "refused" | "in the way";

const concern = { code: 64, errmsg: "waiting for replication timed out" } as WriteConcernError;

describe("insertions for MongoDB", () => {
  /** Insertions in the order in which they were sent. */
  let sent: { readonly ids: readonly string[]; readonly answer: PromiseWithResolvers<{ insertedCount: number }> }[];
  let timers: Set<{ readonly ms: number; readonly run: () => void }>;
  let group: InsertGroup<Sample>;
  let close: () => Promise<void>;
  beforeEach(() => {
    sent = [];
    timers = new Set();
    const after = (ms: number, run: () => void) => {
      const timer = { ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    };
    const connection = connect("mongodb://127.0.0.1:1", "none");
    const ports = { ...systemPorts(), timers: { after } };
    const database = new Database(connection, ports, createLogger("evidence", "silent"));
    close = () => connection.client.close();
    const collection = {
      insertMany(documents: readonly Sample[], options: object) {
        assert.deepEqual(options, { ordered: false });
        const answer = Promise.withResolvers<{ insertedCount: number }>();
        sent.push({ ids: documents.map(({ _id }) => _id), answer });
        return answer.promise;
      },
    };
    group = new InsertGroup(database, collection as unknown as Collection<Sample>);
  });
  afterEach(() => close());

  /** Outcomes of the documents that are known by now. */
  const outcomes = new Map<string, Outcome>();
  beforeEach(() => outcomes.clear());
  const insert = (entry_json: string, ...ids: readonly string[]) => {
    for (const _id of ids) {
      group.insert({ _id, entry_json }).then(
        () => outcomes.set(_id, "durable"),
        (error: unknown) => outcomes.set(_id, outcomeOf(error)),
      );
    }
    return settled();
  };
  const outcomeOf = (error: unknown): Outcome => {
    if (error instanceof NotSent) return "not sent";
    if (error instanceof DatabaseRefused) return "refused";
    if (error instanceof WriteConflict) return "in the way";
    assert.ok(error instanceof Refusal && error.code === Code.Unavailable);
    return "unknown";
  };
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `id ${index}`);
  const answer = async (index: number, insertedCount = sent[index]?.ids.length ?? 0) => {
    sent[index]?.answer.resolve({ insertedCount });
    await settled();
  };
  const fail = async (index: number, error: unknown) => {
    sent[index]?.answer.reject(error);
    await settled();
  };
  /** The driver's error where the server has refused documents of an insertion. */
  const bulkError = (
    codes: Readonly<Record<number, number>>,
    insertedCount: number,
    unmet?: WriteConcernError,
  ): MongoServerError => {
    const writeErrors = Object.entries(codes).map(([index, code]) => ({ index: Number(index), code }));
    const result = { insertedCount, getWriteConcernError: () => unmet } as unknown as BulkWriteResult;
    return new MongoBulkWriteError({ message: "refused", code: 11_000, writeErrors } as never, result);
  };

  it("take along what has come while two are under way, and wait for no company", async () => {
    await insert("text", "a");
    await insert("text", "b");
    await insert("text", "c", "d", "e");
    assert.deepEqual(
      sent.map(({ ids }) => ids),
      [["a"], ["b"]],
    );
    await answer(1);
    assert.deepEqual(sent[2]?.ids, ["c", "d", "e"]);
    assert.deepEqual([...outcomes], [["b", "durable"]]);
    await answer(2);
    await answer(0);
    assert.deepEqual([...outcomes.values()], Array(5).fill("durable"));
    assert.equal(timers.size, 0);
  });

  it("are bounded by documents and by text", async () => {
    await insert("text", "a");
    await insert("text", "b");
    await insert("text", ...idsOf(100));
    await answer(0);
    await answer(1);
    assert.deepEqual(
      sent.slice(2).map(({ ids }) => ids.length),
      [64, 36],
    );
    await insert("x".repeat(900_000), "c", "d", "e");
    await insert("x".repeat(3_000_000), "f");
    for (let index = 2; index < 6; index += 1) await answer(index);
    assert.deepEqual(
      sent.slice(4).map(({ ids }) => ids),
      [["c", "d"], ["e"], ["f"]],
    );
    await answer(6);
    assert.deepEqual(new Set(outcomes.values()), new Set(["durable"]));
  });

  it("are answered for no document before the server has answered for all", async () => {
    await insert("text", "a");
    assert.equal(outcomes.size, 0);
    await answer(0);
    assert.deepEqual([...outcomes], [["a", "durable"]]);
  });

  /** What becomes of four documents in one insertion. */
  const rows: readonly [string, () => unknown, readonly Outcome[]][] = [
    ["one of which lost", () => bulkError({ 1: 11_000 }, 3), ["durable", "refused", "durable", "durable"]],
    ["all of which lost", () => bulkError({ 0: 11_000, 1: 11_000, 2: 121, 3: 11_000 }, 0), Array(4).fill("refused")],
    [
      "one of which was given up for a deadlock",
      () => bulkError({ 1: 11_000, 2: 16_908_292 }, 2),
      ["durable", "refused", "in the way", "durable"],
    ],
    ["of which the server leaves one out", () => bulkError({ 1: 11_000 }, 2), Array(4).fill("refused")],
    [
      "of which one lost, where the write concern was not met",
      () => bulkError({ 1: 11_000 }, 3, concern),
      Array(4).fill("unknown"),
    ],
    [
      "where the write concern was not met",
      () => new MongoBulkWriteError({ message: "unmet", code: 64 }, bulkResult(concern)),
      Array(4).fill("unknown"),
    ],
    [
      "where the driver says so without the result",
      () => new MongoBulkWriteError({ message: "unmet", code: 100 }, bulkResult(undefined)),
      Array(4).fill("unknown"),
    ],
    [
      "for one of which the server cannot answer now",
      () => bulkError({ 1: 11_000, 2: 1 }, 2),
      Array(4).fill("unknown"),
    ],
    [
      "whose answer is lost",
      () => new MongoBulkWriteError(new MongoNetworkError("closed"), bulkResult(undefined)),
      Array(4).fill("unknown"),
    ],
  ];
  const bulkResult = (unmet: WriteConcernError | undefined) =>
    ({ insertedCount: 4, getWriteConcernError: () => unmet }) as unknown as BulkWriteResult;
  for (const [title, error, expected] of rows) {
    it(`say what became of each document: of four, ${title}`, async () => {
      await insert("text", "x");
      await insert("text", "y");
      await insert("text", "a", "b", "c", "d");
      await answer(0);
      await fail(2, error());
      assert.deepEqual(
        ["a", "b", "c", "d"].map((id) => outcomes.get(id)),
        expected,
      );
      await answer(1);
    });
  }

  it("take no document for stored that the server does not count", async () => {
    await insert("text", "a");
    await answer(0, 0);
    assert.deepEqual([...outcomes], [["a", "refused"]]);
  });

  it("go on beside one that is not answered, and leave none unsent for good", async () => {
    await insert("text", "stuck");
    for (const id of ["a", "b", "c"]) {
      await insert("text", id);
      await answer(sent.length - 1);
    }
    assert.deepEqual([...outcomes.keys()], ["a", "b", "c"]);
    await insert("text", "stuck too");
    await insert("text", "late");
    const patience = [...timers].filter(({ ms }) => ms === 1500);
    assert.equal(patience.length, 1);
    for (const { run } of patience) run();
    await settled();
    assert.equal(outcomes.get("late"), "not sent");
    await answer(0);
    await answer(4);
    assert.equal(sent.flatMap(({ ids }) => ids).includes("late"), false);
    await insert("text", "next");
    await answer(5);
    assert.equal(outcomes.get("next"), "durable");
  });
});
