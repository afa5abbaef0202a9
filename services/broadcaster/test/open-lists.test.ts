import assert from "node:assert/strict";
import type { OpenWorkflow } from "../src/core/ports/evidence-log.ts";
import { OpenLists, sweepMs } from "../src/shell/term/open-lists.ts";

/** Evidence that answers when the test says so, with one workflow of each partition that it is asked for. */
class Stage {
  nowMs = 1_000_000;
  readonly asked: { readonly partitions: readonly string[]; readonly withinMs: number | undefined }[] = [];
  readonly #answers: PromiseWithResolvers<void>[] = [];
  readonly lists = new OpenLists(
    {
      listOpen: async (partitions, withinMs) => {
        this.asked.push({ partitions, withinMs });
        const answer = Promise.withResolvers<void>();
        this.#answers.push(answer);
        await answer.promise;
        return partitions.map((partition): OpenWorkflow => {
          return { requestId: `of ${partition}`, partition, version: this.asked.length, status: "queued" };
        });
      },
    },
    { now: () => this.nowMs },
  );

  constructor(...partitions: readonly string[]) {
    for (const partition of partitions) this.lists.join(partition);
  }

  answerAll(): void {
    for (const { resolve } of this.#answers.splice(0)) resolve();
  }

  failAll(): void {
    for (const { reject } of this.#answers.splice(0)) reject(new Error("evidence is away"));
  }

  /** @returns request ids and versions, which say which list it was */
  async recent(partition: string): Promise<readonly (readonly [string, number])[]> {
    const listed = this.lists.recent(partition);
    this.answerAll();
    return (await listed).map(({ requestId, version }) => [requestId, version] as const);
  }
}

describe("lists of open workflows", () => {
  it("ask evidence once for the recent changes of all partitions that have a term, and give each its own", async () => {
    const stage = new Stage("a", "b", "c");
    assert.deepEqual(await stage.recent("a"), [["of a", 1]]);
    stage.nowMs += sweepMs - 1;
    assert.deepEqual(await stage.recent("c"), [["of c", 1]]);
    assert.deepEqual(await stage.recent("b"), [["of b", 1]]);
    assert.deepEqual(stage.asked, [{ partitions: ["a", "b", "c"], withinMs: 60_000 }]);
    stage.nowMs += 1;
    assert.deepEqual(await stage.recent("b"), [["of b", 2]]);
    assert.deepEqual(await stage.recent("a"), [["of a", 2]]);
  });

  it("ask anew for a partition that was not in the latest list, and leave out one whose term is over", async () => {
    const stage = new Stage("a");
    await stage.recent("a");
    stage.lists.join("b");
    assert.deepEqual(await stage.recent("b"), [["of b", 2]]);
    stage.lists.leave("a");
    stage.nowMs += sweepMs;
    await stage.recent("b");
    assert.deepEqual(
      stage.asked.map(({ partitions }) => partitions),
      [["a"], ["a", "b"], ["b"]],
    );
  });

  it("wait together for a list that takes long, however long", async () => {
    const stage = new Stage("a", "b");
    const first = stage.lists.recent("a");
    stage.nowMs += 10 * sweepMs;
    const second = stage.lists.recent("b");
    stage.answerAll();
    assert.deepEqual([(await first).length, (await second).length, stage.asked.length], [1, 1, 1]);
  });

  it("fail together, and ask anew after that", async () => {
    const stage = new Stage("a", "b");
    const both = [stage.lists.recent("a"), stage.lists.recent("b")];
    stage.failAll();
    for (const one of await Promise.allSettled(both)) assert.equal(one.status, "rejected");
    assert.deepEqual(await stage.recent("b"), [["of b", 2]]);
  });

  it("keep no list that a clock which was set back makes one of the future", async () => {
    const stage = new Stage("a");
    await stage.recent("a");
    stage.nowMs -= 3_600_000;
    assert.deepEqual(await stage.recent("a"), [["of a", 2]]);
  });

  it("ask for all open workflows of a partition each time: a term begins with what was written before it (rule: takeover-reads-before-it-signs)", async () => {
    const stage = new Stage("a", "b");
    await stage.recent("a");
    for (const partition of ["a", "a", "b"]) {
      const listed = stage.lists.whole(partition);
      stage.answerAll();
      assert.deepEqual(
        (await listed).map(({ requestId }) => requestId),
        [`of ${partition}`],
      );
    }
    assert.deepEqual(stage.asked.slice(1), [
      { partitions: ["a"], withinMs: undefined },
      { partitions: ["a"], withinMs: undefined },
      { partitions: ["b"], withinMs: undefined },
    ]);
  });
});
