import assert from "node:assert/strict";
import type { PostView } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { ForeignView, NearNode } from "../src/core/ports/near-node.ts";
import { RpcUnavailable } from "../src/core/ports/near-node.ts";
import { ForeignViews } from "../src/shell/checks/foreign-views.ts";

const never = new AbortController().signal;

function viewsOf(contractId: string, count: number): [number, PostView][] {
  const view = { contractId, methodName: "get", argsJson: "{}" } as PostView;
  return Array.from({ length: count }, (_, index) => [index, view]);
}

describe("views that callers want", () => {
  let now = 0;
  let isAway = false;
  /** Of views that are being asked: by contract, how each is answered. */
  let open: { contractId: string; answer: (view: ForeignView) => void }[] = [];
  const node = {
    foreignView: (contractId: string) =>
      new Promise<ForeignView>((answer) => {
        open.push({ contractId, answer });
      }),
    async block() {
      if (isAway) throw new RpcUnavailable("away");
    },
  } as unknown as NearNode;
  const views = () => new ForeignViews(node, { clock: { now: () => now } }, 2_000);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const answered: ForeignView = { kind: "answered", text: "1", value: 1, height: 9 };

  beforeEach(() => {
    open = [];
    isAway = false;
  });

  it("of one wallet never delay those of another: one at a time each, eight in all, in turns", async () => {
    const asked = views();
    const slow = Array.from({ length: 20 }, () => asked.run("slow", viewsOf("slow.near", 3), never));
    const quick = asked.run("quick", viewsOf("quick.near", 1), never);
    await turn();
    assert.deepEqual(open.map(({ contractId }) => contractId).sort(), ["quick.near", "slow.near"]);
    open.find(({ contractId }) => contractId === "quick.near")?.answer(answered);
    assert.equal((await quick).get(0)?.resultJson, "1");
    assert.equal(open.length, 2);
    const many = Array.from({ length: 20 }, (_, index) => asked.run(`w${index}`, viewsOf(`w${index}.near`, 1), never));
    await turn();
    assert.equal(open.length, 1 + 8, "the slow one's, the one that was answered, and seven of the twenty");
    const all = Promise.all([...slow, ...many]);
    let done = false;
    void all.then(() => {
      done = true;
    });
    while (!done) {
      for (const { answer } of open) answer(answered);
      await turn();
    }
  });

  it("end within the time of their workflow: the rest gave no answer, and what was expected of it is not known", async () => {
    const [first, ...rest] = viewsOf("slow.near", 4);
    const expected: [number, PostView][] = rest.map(([index, view]) => [index, { ...view, expectJson: "1" }]);
    const results = views().run("slow", [first as [number, PostView], ...expected], never);
    await turn();
    now += 4_000;
    open[0]?.answer({ kind: "no_answer" });
    await turn();
    now += 6_000;
    open[1]?.answer({ kind: "no_answer" });
    const all = [...(await results).values()];
    assert.deepEqual(
      all.map(({ outcome, matches }) => [outcome, matches]),
      Array(4).fill(["no_answer", undefined]),
    );
    assert.equal(open.length, 2);
  });

  it("have no result where no endpoint answers anything at all", async () => {
    isAway = true;
    const results = views().run("w", viewsOf("any.near", 1), never);
    await turn();
    open[0]?.answer({ kind: "no_answer" });
    await assert.rejects(results, RpcUnavailable);
  });
});
