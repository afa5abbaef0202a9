import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { EventSchema, OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { systemPorts } from "@outlayer/kit";
import { WorkflowLog } from "../src/core/log.ts";
import type { EvidenceStore } from "../src/core/store.ts";
import { opening } from "./support/harness.ts";
import { onEveryStore, type Place } from "./support/places.ts";

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
const event = (kind: MessageInitShape<typeof EventSchema>["kind"]) => create(EventSchema, { kind } as never);
const taken = (epoch: bigint) => event({ case: "taken", value: { driverId: "driver", epoch } });

onEveryStore("a log that two processes append to", (newPlace) => {
  let place: Place;
  let stores: readonly EvidenceStore[];
  let logs: readonly [WorkflowLog, WorkflowLog];
  /** Entries that were read, by the first process. */
  let read = 0;
  const requestId = systemPorts().ids.uuid();
  before(async () => {
    place = newPlace();
    // Where a store is for one process, both have the same.
    stores = place.openStores();
    for (const store of stores) await store.start();
    const [first = assert.fail(), second = first] = stores;
    const readAll = first.read.bind(first);
    Object.assign(first, {
      async read(id: string, after: number) {
        const entries = await readAll(id, after);
        read += entries.length;
        return entries;
      },
    });
    logs = [logOn(first), logOn(second)];
    const opened = create(OpenedSchema, opening("shared") as MessageInitShape<typeof OpenedSchema>);
    await logs[0].open(requestId, opened);
  });
  after(async () => {
    for (const store of stores) await store.close();
    await place.drop();
  });

  it("goes on for each from what the other one has appended", async () => {
    for (let version = 1; version < 9; version += 1) {
      const [one, other] = version % 2 === 0 ? logs : [logs[1], logs[0]];
      assert.deepEqual(await one.append(requestId, version, taken(BigInt(version))), {
        kind: "appended",
        version: version + 1,
      });
      // The other one does not know yet what it says no to.
      assert.deepEqual(await other.append(requestId, version, taken(99n)), { kind: "conflict" });
      assert.deepEqual(await other.record(requestId), await one.record(requestId));
    }
  });

  it("is told from any version on, the same by both, each version once", async () => {
    for (let after = 0; after <= 10; after += 1) {
      const [a, b] = await Promise.all(logs.map((log) => log.progress(requestId, after)));
      assert.deepEqual(a, b);
      const expected = Array.from({ length: Math.max(0, 9 - after) }, (_, index) => BigInt(after + 1 + index));
      assert.deepEqual(
        a?.map(({ version }) => version),
        expected,
      );
    }
    const anew = logOn(stores[0] ?? assert.fail());
    assert.deepEqual(await anew.progress(requestId, 0), await logs[0].progress(requestId, 0));
    assert.deepEqual(await anew.progress(requestId, 7), await logs[0].progress(requestId, 7));
  });

  it("is not read again by who appends to it alone", async () => {
    read = 0;
    for (let version = 9; version < 14; version += 1) {
      await logs[0].append(requestId, version, taken(BigInt(version)));
      await logs[0].record(requestId);
      assert.equal((await logs[0].progress(requestId, version)).length, 1);
    }
    assert.equal(read, 0);
  });

  it("takes nothing after its end, and its record stays as it was told", async () => {
    const before = await logs[1].record(requestId);
    const version = before?.version;
    const ended = event({ case: "ended", value: { status: "failed", errorCode: "timed_out" } });
    assert.equal((await logs[0].append(requestId, 14, ended)).kind, "appended");
    assert.equal((await logs[0].append(requestId, 15, taken(1n))).kind, "ended");
    assert.equal((await logs[1].append(requestId, 15, taken(1n))).kind, "ended");
    assert.deepEqual([before?.status, before?.version], ["policy_checking", version]);
  });
});

function logOn(store: EvidenceStore): WorkflowLog {
  return new WorkflowLog({
    store,
    now: () => 1_800_000_000_000,
    sha256Hex,
    tell: () => {},
    onWallet: () => {},
    firstGateId: "gate.near",
  });
}
