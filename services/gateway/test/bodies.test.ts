import assert from "node:assert/strict";
import { recordOf } from "./support/rest.ts";
import { batch, batchCall, paths, transfer, transferStep, worker } from "./support/samples.ts";
import { startWorld, type World } from "./support/world.ts";

const posts = [paths.plan, paths.execute, paths.batch];

describe("bodies", () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const post = (body: unknown, headers: Record<string, string> = {}, path = paths.execute) =>
    world.rest("POST", path, { headers: { ...worker(), ...headers }, body });

  async function assertRefused(body: unknown, message: RegExp, path = paths.execute): Promise<void> {
    const answer = await post(body, {}, path);
    assert.equal(answer.status, 400);
    assert.match(String(answer.json.message), message);
    assert.equal(answer.json.request_id, undefined);
  }

  it("may be 256 KiB, and not a byte more", async () => {
    const frame = JSON.stringify({ ...transfer, note: "" });
    const fitting = JSON.stringify({ ...transfer, note: "x".repeat(256 * 1024 - frame.length) });
    assert.equal((await post(fitting)).status, 202);
    for (const path of posts) {
      const answer = await post(`${fitting} `, {}, path);
      assert.equal(answer.status, 413);
      assert.equal(answer.json.message, "the body must be at most 262144 bytes");
    }
  });

  it("are refused as too large when their length is not known before", async () => {
    const chunk = new TextEncoder().encode(" ".repeat(64 * 1024));
    let chunks = 5;
    const body = new ReadableStream({
      pull(controller) {
        if (chunks-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const response = await fetch(`${world.url}${paths.execute}`, {
      method: "POST",
      headers: worker(),
      body,
      duplex: "half",
    } as RequestInit);
    assert.equal(response.status, 413);
    await response.text();
  });

  it("are taken as JSON without a content type, and with UTF-8 said", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(transfer));
    assert.equal((await post(bytes)).status, 202);
    assert.equal((await post(bytes, { "content-type": "application/json; charset=UTF-8" })).status, 202);
  });

  it("are refused when they are said to be something else", async () => {
    const others = [
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "application/json; charset=utf-16" },
      { "content-type": "nonsense" },
      { "content-encoding": "gzip" },
    ];
    for (const headers of others) {
      for (const path of posts) assert.equal((await post(JSON.stringify(transfer), headers, path)).status, 415);
    }
  });

  it("must be UTF-8", async () => {
    for (const bytes of [[0xff], [0x22, 0xc3, 0x28, 0x22], [0xed, 0xa0, 0x80]]) {
      await assertRefused(Uint8Array.from(bytes), /^invalid workflow JSON: the body is not valid UTF-8$/);
    }
  });

  it("must be JSON, and the message says where it is not", async () => {
    for (const path of posts) {
      await assertRefused('{"steps": [,]}', /^invalid workflow JSON: .* at line 1 column 12$/, path);
      await assertRefused("", /^invalid workflow JSON: .* at line 1 column 1$/, path);
      await assertRefused("\ufeff{}", /^invalid workflow JSON: /, path);
      await assertRefused("[]", /^invalid workflow JSON: the document must be an object at \$$/, path);
    }
  });

  it("must not say a thing twice, nor an integer that is not exact (rule: json-is-unambiguous)", async () => {
    await assertRefused('{"steps":[],"steps":[]}', /^invalid workflow JSON: duplicate key at \$\.steps$/);
    await assertRefused(
      '{"steps":[],"note":9007199254740993}',
      /^invalid workflow JSON: integer beyond 2\^53 at \$\.note$/,
    );
  });

  it("must not be nested without end", async () => {
    const deep = (levels: number) => `{"steps":[],"note":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    await assertRefused(deep(100_000), /^invalid workflow JSON: nested deeper than \d+ levels/);
  });

  it("must have texts where texts belong (rule: unreadable-leaves-no-record)", async () => {
    const amount = { steps: [{ ...transferStep, amount: 1 }] };
    await assertRefused(amount, /^invalid workflow JSON: steps\[0\]\.amount must be a string$/);
    await assertRefused(amount, /^invalid workflow JSON: steps\[0\]\.amount must be a string$/, paths.plan);
    const gas = { ...batch, calls: [{ ...batchCall, gas: 100_000_000 }] };
    await assertRefused(gas, /^invalid workflow JSON: calls\[0\]\.gas must be a string$/, paths.batch);
    await assertRefused({ calls: [batchCall] }, /^invalid workflow JSON: gate_id is required$/, paths.batch);
  });

  it("must not carry signing material at any depth, and leave no record when they do", async () => {
    const before = (await world.log.listOpenWorkflows({})).workflows.length;
    const workflow = { steps: [{ ...transferStep, note: [{ private_key: "ed25519:x" }] }] };
    const said = /^wallet workflow must not include raw signing field private_key at \$\.steps\[0\]\.note\[0\]$/;
    await assertRefused(workflow, said);
    await assertRefused(workflow, said, paths.plan);
    const call = { ...batch, calls: [{ ...batchCall, signed_delegate_base64: "AA" }] };
    await assertRefused(call, /raw signing field signed_delegate_base64 at \$\.calls\[0\]$/, paths.batch);
    assert.equal((await world.log.listOpenWorkflows({})).workflows.length, before);
  });

  it("are kept as they were sent, fields that nobody knows included", async () => {
    const sent = { ...transfer, note: { "ключ \u{1f680}": ["ä", 1.5, null, true] } };
    assert.deepEqual(recordOf(await post(sent)).original_request_json, sent);
  });
});
