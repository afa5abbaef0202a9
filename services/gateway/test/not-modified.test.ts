import assert from "node:assert/strict";
import { isKnown } from "../src/core/etag.ts";
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
