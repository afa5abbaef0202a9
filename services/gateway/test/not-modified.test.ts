import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { recordJson } from "@outlayer/workflow";
import { isKnown } from "../src/core/etag.ts";
import { RecordTexts } from "../src/core/record-texts.ts";
import { recordOf } from "./support/rest.ts";
import { paths, transfer, worker } from "./support/samples.ts";
import { events, startWorld } from "./support/world.ts";

describe("a record that is asked for again", () => {
  it("is 304 without a body until it changes, and then what it is", async () => {
    await using world = await startWorld({ config: { executeWaitSecs: 0 } });
    const { request_id } = recordOf(await world.rest("POST", paths.execute, { body: transfer }));
    const first = await world.rest("GET", paths.workflow(request_id));
    const etag = first.headers.get("etag") ?? "";
    assert.deepEqual([first.status, etag], [200, `"${recordOf(first).version}"`]);
    const again = () =>
      world.rest("GET", paths.workflow(request_id), { headers: { ...worker(), "if-none-match": etag } });
    const same = await again();
    assert.deepEqual([same.status, same.text, same.headers.get("etag")], [304, "", etag]);
    await world.append(request_id, events.taken);
    const changed = await again();
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get("etag"), etag);
    assert.equal(`"${recordOf(changed).version}"`, changed.headers.get("etag"));
  });

  it("is 404 for another wallet, whatever it says that it has", async () => {
    await using world = await startWorld({ config: { executeWaitSecs: 0 } });
    const { request_id } = recordOf(await world.rest("POST", paths.execute, { body: transfer }));
    const headers = { ...worker("wallet-2"), "if-none-match": "*" };
    assert.equal((await world.rest("GET", paths.workflow(request_id), { headers })).status, 404);
  });
});

describe("the text of a record", () => {
  const recordAt = (version: bigint, status: string, walletId = "wallet-1") =>
    create(RecordSchema, { requestId: "018f0000-0000-7000-8000-000000000000", walletId, version, status });
  const parsed = (texts: RecordTexts, record: ReturnType<typeof recordAt>) => JSON.parse(texts.textOf(record));

  it("is written once for each version, and is that of the version", () => {
    const texts = new RecordTexts();
    const first = recordAt(1n, "planned");
    assert.deepEqual(parsed(texts, first), recordJson(first));
    let read = 0;
    const watched = new Proxy(first, {
      get(target, key) {
        read += key === "status" ? 1 : 0;
        return Reflect.get(target, key);
      },
    });
    assert.deepEqual(parsed(texts, watched), recordJson(first));
    assert.equal(read, 0);
    assert.equal(parsed(texts, recordAt(2n, "queued")).status, "queued");
    assert.equal(parsed(texts, recordAt(1n, "planned")).status, "planned", "an older one that arrives late");
  });

  it("is never another wallet's", () => {
    const texts = new RecordTexts();
    texts.textOf(recordAt(1n, "planned"));
    assert.equal(parsed(texts, recordAt(1n, "planned", "wallet-2")).wallet_id, "wallet-2");
  });

  it("is kept within a bound", () => {
    const texts = new RecordTexts();
    const big = (index: number) =>
      create(RecordSchema, { requestId: `request ${index}`, version: 1n, userVisibleError: "x".repeat(1024 * 1024) });
    for (let index = 0; index < 40; index++) texts.textOf(big(index));
    assert.ok(texts.characters <= 16 * 1024 * 1024, `${texts.characters} characters`);
    assert.ok(texts.characters > 14 * 1024 * 1024, "and up to it");
  });
});

describe("If-None-Match", () => {
  const rows: readonly [header: string | undefined, known: boolean][] = [
    [undefined, false],
    ["", false],
    ['"7"', true],
    ['W/"7"', true],
    ['"6", W/"7"', true],
    [" * ", true],
    ['"77"', false],
    ['"8"', false],
    ["7", false],
    ['"7', false],
  ];
  for (const [header, known] of rows) {
    it(`${header ?? "that is absent"} ${known ? "names" : "does not name"} version 7`, () => {
      assert.equal(isKnown('"7"', header), known);
    });
  }
});
