import assert from "node:assert/strict";
import { createLogger, inContext, ownContext, systemPorts } from "@outlayer/kit";
import type { Collection } from "mongodb";
import { connect } from "../src/adapters/mongodb/client.ts";
import { Database } from "../src/adapters/mongodb/database.ts";
import { InsertGroup, type TextDocument } from "../src/adapters/mongodb/insert-group.ts";

/** Concurrent calls of the database. */
const atOnce = 12;

describe("calls of the database that wait for their turn", () => {
  let database: Database;
  let close: () => Promise<void>;
  /** Calls in the order in which they were sent, and what ends each. */
  let sent: { readonly name: string; readonly end: () => void }[];
  beforeEach(() => {
    sent = [];
    const connection = connect("mongodb://127.0.0.1:1", "none");
    database = new Database(connection, systemPorts(), createLogger("evidence", "silent"));
    close = () => connection.client.close();
  });
  afterEach(() => close());

  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const names = () => sent.map(({ name }) => name);
  const send = (name: string) => new Promise<void>((resolve) => sent.push({ name, end: resolve }));
  /** As the services call it: in the context of a wallet's call. */
  const of = <T>(walletId: string, run: () => T): T =>
    inContext(ownContext({ wallet_id: walletId }, systemPorts().random), run);
  const call = (walletId: string, name = walletId) => of(walletId, () => database.answered(() => send(name)));
  const endAll = async (calls: readonly Promise<unknown>[]) => {
    for (let ended = 0; ended < sent.length; ended += 1) {
      sent[ended]?.end();
      await settled();
    }
    await Promise.all(calls);
  };

  it("do not let a hundred of one wallet go before one of another", async () => {
    const calls = Array.from({ length: 100 }, () => call("many"));
    await settled();
    assert.equal(sent.length, atOnce);
    calls.push(call("one"));
    sent[0]?.end();
    await settled();
    assert.equal(names().at(-1), "one");
    await endAll(calls);
  });

  it("do not hold up insertions of all wallets, whosever insertion came first", async () => {
    interface Sample extends TextDocument {
      readonly _id: string;
    }
    const insertMany = async (documents: readonly Sample[]) => {
      await send(`insertion of ${documents.length}`);
      return { insertedCount: documents.length };
    };
    const group = new InsertGroup<Sample>(database, { insertMany } as unknown as Collection<Sample>);
    const calls = Array.from({ length: 100 }, () => call("many"));
    await settled();
    for (const walletId of ["many", "one"]) {
      calls.push(of(walletId, () => group.insert({ _id: walletId, entry_json: "{}" })));
    }
    await settled();
    sent[0]?.end();
    await settled();
    assert.equal(names().at(-1), "insertion of 2");
    await endAll(calls);
  });
});
