import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { EventSchema, OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { chainEntry, type Entry } from "../src/core/entry.ts";
import { Heads } from "../src/core/heads.ts";
import { fold } from "../src/core/record.ts";
import { type EventKind, opening } from "./support/harness.ts";

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
const taken: EventKind = { case: "taken", value: { driverId: "driver", epoch: 1n } };
const waiting = (waitingFor: string): EventKind => ({ case: "waiting", value: { queue: { position: 1, waitingFor } } });

/** A log that counts what is read of it. */
class CountedLog {
  entries: Entry[] = [];
  entriesRead = 0;

  constructor() {
    this.add({ case: "opened", value: create(OpenedSchema, opening("key")) });
  }

  add(kind: EventKind): void {
    const event = create(EventSchema, { kind });
    this.entries.push(chainEntry("id", this.entries.at(-1), event, this.entries.length, sha256Hex));
  }

  async read(_: string, afterVersion: number): Promise<readonly Entry[]> {
    const found = this.entries.filter(({ version }) => version > afterVersion);
    this.entriesRead += found.length;
    return found;
  }
}

describe("the heads of logs", () => {
  let log: CountedLog;
  let heads: Heads;
  beforeEach(async () => {
    log = new CountedLog();
    log.add(taken);
    log.add(waiting("turn"));
    heads = new Heads(log);
    await keepHead();
  });

  async function keepHead(): Promise<void> {
    const head = await heads.take("id");
    assert.ok(head);
    heads.keep(head);
  }

  /** @returns how many entries were read for it */
  async function takesWhatTheLogSays(): Promise<number> {
    log.entriesRead = 0;
    const head = await heads.take("id");
    assert.deepEqual(head, { last: log.entries.at(-1), folded: fold(log.entries) });
    return log.entriesRead;
  }

  it("are gone on with from where they were kept", async () => {
    log.add(waiting("keystore"));
    assert.equal(await takesWhatTheLogSays(), 2);
  });

  it("are had by one at a time: another folds the log anew", async () => {
    const first = await heads.take("id");
    assert.equal(await takesWhatTheLogSays(), 3);
    assert.deepEqual(first?.folded, fold(log.entries));
  });

  it("are forgotten where the log has something else in that place", async () => {
    log.entries.pop();
    log.add(waiting("keystore"));
    assert.equal(await takesWhatTheLogSays(), 1 + 3);
  });

  it("are forgotten where the log has become shorter", async () => {
    log.entries.pop();
    assert.equal(await takesWhatTheLogSays(), 2);
  });

  it("are none for an id that is not there", async () => {
    log.entries = [];
    assert.equal(await heads.take("id"), undefined);
  });
});
