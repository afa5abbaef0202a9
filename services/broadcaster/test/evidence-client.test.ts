import assert from "node:assert/strict";
import { createRouterTransport } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { inContext, ownContext, systemPorts } from "@outlayer/kit";
import { EvidenceClient } from "../src/adapters/evidence/evidence-client.ts";

/** Concurrent calls. */
const atOnce = 16;

describe("calls of evidence that wait for their turn", () => {
  let client: EvidenceClient;
  /** Calls in the order in which they reached evidence, and what answers each. */
  let reached: { readonly what: string; readonly answer: () => void }[];
  beforeEach(() => {
    reached = [];
    const held = (what: string) => new Promise<void>((resolve) => reached.push({ what, answer: resolve }));
    const transport = createRouterTransport(({ service }) => {
      service(LogService, {
        async appendEvent({ requestId }) {
          await held(requestId);
          return { version: 2n };
        },
        async readEvents({ requestId }) {
          await held(requestId);
          return {};
        },
        async appendGateLog() {
          await held("gate");
          return { version: 2n };
        },
      });
    });
    client = new EvidenceClient(transport);
  });

  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** As a driver calls it: in the context of its workflow. */
  const of = <T>(walletId: string, run: () => T): T =>
    inContext(ownContext({ wallet_id: walletId }, systemPorts().random), run);
  const append = (walletId: string) =>
    of(walletId, () => client.append(walletId, 1, { case: "cancelRequested", value: {} }, 0));
  const read = (walletId: string) => of(walletId, () => client.read(walletId));
  const answerFirst = async () => {
    reached[0]?.answer();
    await settled();
  };
  const answerAll = async (calls: readonly Promise<unknown>[]) => {
    for (let answered = 0; answered < reached.length; answered += 1) {
      reached[answered]?.answer();
      await settled();
    }
    await Promise.all(calls);
  };

  for (const [what, call] of [
    ["appends", append],
    ["reads", read],
  ] as const) {
    it(`do not let a hundred ${what} of one wallet go before one of another`, async () => {
      const calls: Promise<unknown>[] = Array.from({ length: 100 }, () => call("many"));
      await settled();
      assert.equal(reached.length, atOnce);
      calls.push(call("one"));
      await answerFirst();
      assert.equal(reached.at(-1)?.what, "one");
      await answerAll(calls);
    });
  }

  it("do not hold up the gate's log, whosever workflow changes it", async () => {
    const calls: Promise<unknown>[] = Array.from({ length: 100 }, () => append("many"));
    await settled();
    calls.push(of("many", () => client.appendGate("gate.near", 1n, "single", {} as never)));
    await answerFirst();
    assert.equal(reached.at(-1)?.what, "gate");
    await answerAll(calls);
  });
});

describe("open workflows of partitions", () => {
  const own = "gate:gate.near";
  const listOf = (...pages: readonly (readonly string[])[]) => {
    const transport = createRouterTransport(({ service }) => {
      service(LogService, {
        listOpenWorkflows({ pageToken, partition, partitions }) {
          assert.deepEqual([partition, partitions], ["", [own, "direct_user:3"]]);
          const at = Number(pageToken || "0");
          const workflows = (pages[at] ?? []).map((named, index) => {
            return { requestId: `${at}-${index}`, version: 2n, status: "queued", partition: named };
          });
          return { workflows, nextPageToken: at + 1 < pages.length ? String(at + 1) : "" };
        },
      });
    });
    return new EvidenceClient(transport).listOpen([own, "direct_user:3"]);
  };

  it("are listed page by page", async () => {
    const listed = await listOf([own, "direct_user:3"], [own]);
    assert.deepEqual(
      listed.map(({ requestId, partition }) => [requestId, partition]),
      [
        ["0-0", own],
        ["0-1", "direct_user:3"],
        ["1-0", own],
      ],
    );
  });

  it("are none where no partition is named: evidence would list all", async () => {
    const transport = createRouterTransport(() => {});
    assert.deepEqual(await new EvidenceClient(transport).listOpen([]), []);
  });

  it("are not known to be all where an older evidence process answers, which names none (rule: takeover-reads-before-it-signs)", async () => {
    for (const pages of [[[""]], [[own], [own, ""]], [["gate:other.near"]], [["direct_user"]]]) {
      await assert.rejects(listOf(...pages), { name: "EvidenceUnavailable" });
    }
  });
});

describe("clients of one process", () => {
  it("wait for the same turns, under however many leases", async () => {
    let asked = 0;
    const held = Promise.withResolvers<void>();
    const transport = createRouterTransport(({ service }) => {
      service(LogService, {
        async readEvents() {
          asked += 1;
          await held.promise;
          return {};
        },
      });
    });
    const client = new EvidenceClient(transport);
    const clients = [client, ...["a", "b", "c"].map((resource) => client.under({ resource, epoch: 1n }))];
    const calls = clients.flatMap((one) => Array.from({ length: atOnce }, () => one.read("r")));
    await new Promise<void>((resolve) => setImmediate(resolve));
    assert.equal(asked, atOnce);
    held.resolve();
    await Promise.all(calls);
    assert.equal(asked, 4 * atOnce);
  });
});
