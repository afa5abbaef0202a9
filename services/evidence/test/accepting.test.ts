import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { KeyedMutex, systemPorts } from "@outlayer/kit";
import { openSqliteStore } from "../src/adapters/sqlite/store.ts";
import { WorkflowLog } from "../src/core/log.ts";
import { accountOf } from "../src/core/quota-account.ts";
import { QuotaBook } from "../src/core/quota-book.ts";
import type { EvidenceStore } from "../src/core/store.ts";
import { openWorkflow } from "../src/rpc/open-workflow.ts";
import { defaultRules } from "../src/wallet-quotas.ts";
import { opening } from "./support/harness.ts";
import { type SqlitePlace, sqlitePlace } from "./support/places.ts";

const { clock, ids, timers } = systemPorts();
const now = () => clock.now();

describe("a request that is accepted with SQLite", () => {
  let place: SqlitePlace;
  let store: EvidenceStore;
  /** Flushes so far. Each waits for the test. */
  let flushes: PromiseWithResolvers<void>[];
  let begun: PromiseWithResolvers<void>;
  beforeEach(() => {
    place = sqlitePlace();
    flushes = [];
    begun = Promise.withResolvers();
    store = openSqliteStore(place.database.path, timers, () => {
      const flush = Promise.withResolvers<void>();
      flushes.push(flush);
      begun.resolve();
      return flush.promise;
    });
  });
  afterEach(() => place.drop());

  const accept = (key: string) => {
    const log = new WorkflowLog({
      store,
      now,
      sha256Hex: (text) => hash("sha256", text, "hex"),
      tell: () => {},
      onWallet: () => {},
      firstGateId: "gate.near",
    });
    const accounts = new KeyedMutex();
    const quotas = new QuotaBook({
      store,
      rules: defaultRules,
      oneByOne: (walletId, change) => accounts.run(walletId, change),
      now,
      token: () => ids.uuid(),
      record: (requestId) => log.record(requestId),
    });
    const opened = create(OpenedSchema, opening(key));
    const request = { requestId: ids.uuid(), opened, operatorBoundYocto: "1" };
    return openWorkflow({ log, quotas, store }, request as Parameters<typeof openWorkflow>[1]);
  };
  /** Both as the file has them, whatever was flushed. */
  const stored = async () => {
    const other = openSqliteStore(place.database.path);
    const open = accountOf(await other.readAccount("wallet-1")).open.all.map(({ requestId }) => requestId);
    const records = (await other.listOpen({ after: "", limit: 10, sinceMs: 0 })).map(({ requestId }) => requestId);
    await other.close();
    return { open, records };
  };

  it("waits for one flush, which makes its count and its log durable, and is not answered before", async () => {
    let isAnswered = false;
    const accepted = accept("1").then((answer) => {
      isAnswered = true;
      return answer;
    });
    await begun.promise;
    const { open, records } = await stored();
    assert.deepEqual([open.length, records, isAnswered], [1, open, false]);
    flushes[0]?.resolve();
    const { created, record } = await accepted;
    assert.deepEqual([created, [record.requestId], flushes.length], [true, open, 1]);
    await store.close();
  });

  it("is not answered with a record of the same key that is not flushed yet", async () => {
    const answered: string[] = [];
    const first = accept("1").then(() => answered.push("first"));
    await begun.promise;
    const second = accept("1").then(({ created }) => answered.push(`second, created: ${created}`));
    for (let turns = 0; turns < 20; turns += 1) await new Promise<void>((resolve) => timers.after(0, resolve));
    assert.deepEqual(answered, []);
    begun = Promise.withResolvers();
    flushes[0]?.resolve();
    await first;
    await begun.promise;
    flushes[1]?.resolve();
    await second;
    assert.deepEqual(answered, ["first", "second, created: false"]);
    await store.close();
  });
});
