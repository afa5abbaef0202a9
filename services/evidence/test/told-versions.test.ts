import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { WalletCaller } from "@outlayer/access";
import { EventSchema, OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { createLogger, InProcessBus, systemPorts } from "@outlayer/kit";
import { readersSubject } from "@outlayer/workflow";
import { openSqliteStore } from "../src/adapters/sqlite/store.ts";
import { WorkflowLog } from "../src/core/log.ts";
import type { EvidenceStore } from "../src/core/store.ts";
import { signalOf } from "../src/rpc/changes.ts";
import { getRecord } from "../src/rpc/get-record.ts";
import { watchProgress } from "../src/rpc/watch-progress.ts";
import { Publisher } from "../src/shell/publisher.ts";
import { opening } from "./support/harness.ts";
import { ended, taken } from "./support/log-events.ts";
import { sha256Hex } from "./support/samples.ts";

const caller: WalletCaller = { walletId: "wallet-1", credential: "internal_token" };
const event = (kind: MessageInitShape<typeof EventSchema>["kind"]) => create(EventSchema, { kind } as never);
const text = (data: string) => new TextEncoder().encode(data);
const settled = () => new Promise(setImmediate);

describe("readers that are told of versions", () => {
  const ports = systemPorts();
  let requestId: string;
  let store: EvidenceStore;
  let bus: InProcessBus;
  /** Subjects that were subscribed to. */
  let subscribed: string[];
  /** Timers that wait, by when they were set. */
  let timers: Map<number, { ms: number; run: () => void }>;
  /** How often this process has read the store. */
  let reads: number;
  /** The log in this process, and the one in another, which tells nobody. */
  let log: WorkflowLog;
  let other: WorkflowLog;
  let reading: Parameters<typeof getRecord>[0];

  beforeEach(async () => {
    requestId = ports.ids.uuid();
    store = openSqliteStore(":memory:");
    bus = new InProcessBus();
    subscribed = [];
    const subscribe = bus.subscribe.bind(bus);
    bus.subscribe = (subject, receive) => {
      subscribed.push(subject);
      return subscribe(subject, receive);
    };
    timers = new Map();
    reads = 0;
    const counted = Object.assign(Object.create(store) as EvidenceStore, {
      open: store.open.bind(store),
      append: store.append.bind(store),
      async read(id: string, after: number) {
        reads += 1;
        return store.read(id, after);
      },
    });
    const deps = { now: () => 1_800_000_000_000, sha256Hex, onWallet: () => {}, firstGateId: "gate.near" };
    log = new WorkflowLog({
      ...deps,
      store: counted,
      tell: ({ version }) => bus.publish(readersSubject(requestId), signalOf(version)),
    });
    other = new WorkflowLog({ ...deps, store, tell: () => {} });
    let set = 0;
    const after = (ms: number, run: () => void) => {
      set += 1;
      const id = set;
      timers.set(id, { ms, run });
      return () => timers.delete(id);
    };
    reading = { log, bus, timers: { after } };
    await log.open(requestId, create(OpenedSchema, opening("told") as MessageInitShape<typeof OpenedSchema>));
  });
  afterEach(() => store.close());

  const held = (untilTerminal = true) =>
    getRecord(
      reading,
      { requestId, endpoint: "", waitMs: 600_000, untilTerminal } as Parameters<typeof getRecord>[1],
      caller,
      () => new AbortController().signal,
    );
  const plain = () => getRecord(reading, { requestId, endpoint: "", waitMs: 0 } as never, caller, () => assert.fail());
  /** What a reader of the stream sees, from a version on. */
  async function watched(afterVersion = 0n, seen: number[] = []): Promise<number[]> {
    const wanted = { requestId, afterVersion } as Parameters<typeof watchProgress>[1];
    for await (const { version } of watchProgress(reading, wanted, caller, new AbortController().signal)) {
      seen.push(Number(version));
    }
    return seen;
  }
  /** Lets the time come at which readers look again unprompted. */
  const recheck = async () => {
    for (const [id, { ms, run }] of [...timers]) {
      if (ms > 5000) continue;
      timers.delete(id);
      run();
    }
    await settled();
  };

  it("read the store once, whatever this process appends while they wait", async () => {
    const [record, stream] = [held(), watched()];
    await settled();
    assert.equal(reads, 2);
    for (let version = 1; version < 9; version += 1) {
      await log.append(requestId, version, event(taken));
      await settled();
    }
    await log.append(requestId, 9, event(ended));
    assert.equal((await record).version, 10n);
    assert.deepEqual(await stream, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal(reads, 2);
  });

  it("read the store at the first read of each call: another process may have appended", async () => {
    await other.append(requestId, 1, event(taken));
    assert.equal((await plain()).version, 2n);
    await other.append(requestId, 2, event(taken));
    const record = held(false);
    await settled();
    await other.append(requestId, 3, event(ended));
    assert.equal((await plain()).version, 4n);
    assert.equal((await held()).version, 4n);
    assert.deepEqual(await watched(2n), [3, 4]);
    await recheck();
    assert.equal((await record).version, 4n);
  });

  it("miss no version that this process appends before they wait", async () => {
    const first = held(false);
    // While the first read is under way.
    await log.append(requestId, 1, event(taken));
    assert.ok((await first).version <= 2n);
    const second = held();
    await log.append(requestId, 2, event(ended));
    assert.equal((await second).version, 3n);
  });

  it("are woken by a version of another process, and read it from the store", async () => {
    const [record, seen] = [held(), [] as number[]];
    const stream = watched(1n, seen);
    await settled();
    await other.append(requestId, 1, event(taken));
    bus.publish(readersSubject(requestId), signalOf(2n));
    await settled();
    assert.deepEqual(seen, [2]);
    await other.append(requestId, 2, event(ended));
    bus.publish(readersSubject(requestId), signalOf(3n));
    assert.equal((await record).version, 3n);
    assert.deepEqual(await stream, [2, 3]);
  });

  it("are woken by a signal of an older program, which names no version", async () => {
    const [record, stream] = [held(), watched()];
    await settled();
    await other.append(requestId, 1, event(ended));
    bus.publish(readersSubject(requestId), new Uint8Array());
    assert.equal((await record).version, 2n);
    assert.deepEqual(await stream, [1, 2]);
  });

  for (const forged of [
    "999999999999999",
    "9999999999999999",
    "-1",
    "0",
    "1e3",
    "NaN",
    "٣",
    "\0",
    "9".repeat(1_000_000),
  ]) {
    it(`are led to read, and to nothing else, by the version ${JSON.stringify(forged.slice(0, 20))}`, async () => {
      const [record, seen] = [held(), [] as number[]];
      const stream = watched(0n, seen);
      await settled();
      const before = reads;
      bus.publish(readersSubject(requestId), text(forged));
      await settled();
      // One read each, or, of a version that is no news, none.
      assert.ok(reads - before <= 4);
      assert.deepEqual(seen, [1]);
      await log.append(requestId, 1, event(ended));
      assert.equal((await record).version, 2n);
      assert.deepEqual(await stream, [1, 2]);
    });
  }

  it("look again in time, however many signals of old versions come", async () => {
    const [record, stream] = [held(), watched()];
    await settled();
    await other.append(requestId, 1, event(ended));
    const waiting = [...timers.keys()];
    for (let count = 0; count < 100; count += 1) {
      bus.publish(readersSubject(requestId), signalOf(1n));
      await settled();
    }
    assert.deepEqual([...timers.keys()], waiting, "the wait has not begun anew");
    await recheck();
    assert.equal((await record).version, 2n);
    assert.deepEqual(await stream, [1, 2]);
  });

  it("see the end, from whatever version on they read", async () => {
    const streams = [0n, 1n, 2n, 9n].map((afterVersion) => watched(afterVersion));
    await settled();
    await log.append(requestId, 1, event(taken));
    await settled();
    await log.append(requestId, 2, event(ended));
    assert.deepEqual(await Promise.all(streams), [[1, 2, 3], [2, 3], [3], []]);
  });

  it("subscribe to no text but a UUID", async () => {
    subscribed = [];
    for (const id of ["*", ">", "a b", "", `${requestId}.>`]) {
      const wanted = { requestId: id, endpoint: "", waitMs: 1000 } as Parameters<typeof getRecord>[1];
      await assert.rejects(
        getRecord(reading, wanted, caller, () => new AbortController().signal),
        /was not found/,
      );
      const stream = watchProgress(reading, { requestId: id } as never, caller, new AbortController().signal);
      await assert.rejects(stream.next(), /was not found/);
    }
    await plain();
    assert.deepEqual(subscribed, []);
  });

  it("end their subscription where the record is another wallet's", async () => {
    const stranger = { ...caller, walletId: "wallet-2" };
    const wanted = { requestId, endpoint: "", waitMs: 1000 } as Parameters<typeof getRecord>[1];
    await assert.rejects(
      getRecord(reading, wanted, stranger, () => new AbortController().signal),
      /was not found/,
    );
    assert.deepEqual([...timers.values()], []);
  });

  describe("and the publisher", () => {
    let published: number[];
    let last: number;
    let publisher: Publisher;
    beforeEach(() => {
      [published, last] = [[], 0];
      publisher = new Publisher({
        store,
        log,
        ports: { ...ports, timers: reading.timers },
        logger: createLogger("evidence", "silent"),
        stream: {
          isAway: false,
          isUp: true,
          onConnect: () => {},
          makeReady: async () => {},
          last: async () => ({ version: last, sequence: last }),
          async publish({ version }) {
            last = Number(version);
            published.push(last);
            return { version: last, sequence: last };
          },
        },
      });
    });

    it("publishes what this process appends without reading the store", async () => {
      const walletId = caller.walletId;
      publisher.tell(requestId, { walletId, version: 1 });
      await settled();
      for (let version = 1; version < 6; version += 1) {
        await log.append(requestId, version, event(taken));
        publisher.tell(requestId, { walletId, version: version + 1 });
        await settled();
      }
      assert.deepEqual(published, [1, 2, 3, 4, 5, 6]);
      assert.equal(reads, 0);
    });

    it("asks the store where the sweep found the workflow, also where this process tells of it too", async () => {
      await other.append(requestId, 1, event(taken));
      await other.append(requestId, 2, event(taken));
      publisher.tell(requestId);
      await settled();
      assert.deepEqual(published, [1, 2, 3]);
      await other.append(requestId, 3, event(taken));
      // The second and third wait for the first to be published.
      publisher.tell(requestId, { walletId: caller.walletId, version: 3 });
      publisher.tell(requestId);
      publisher.tell(requestId, { walletId: caller.walletId, version: 3 });
      await settled();
      await settled();
      assert.deepEqual(published, [1, 2, 3, 4]);
    });
  });
});
