import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Coordinator, Refused } from "../page/coordinator.js";

const again = "look again before you sign anything anew";
const payload = { standard: "nep413" };

/** How the coordinator answers a request, in turn; the last way from then on. `true` answers as it does on a good day. */
type Way = true | "broken" | { readonly status: number; readonly retryAfter?: string; readonly body?: string };

describe("the example's page, asking the coordinator", () => {
  let ways: Way[] = [];
  const pauses: number[] = [];
  /** Records by idempotency key. */
  const records = new Map<string, string>();
  const server = createServer((request, response) => void answer(request, response));
  let coordinator: Coordinator;

  async function answer(request: IncomingMessage, response: ServerResponse) {
    let record = "record-0";
    if (request.method === "POST") {
      const { idempotency_key } = (await json(request)) as { readonly idempotency_key: string };
      record = records.get(idempotency_key) ?? `record-${records.size}`;
      records.set(idempotency_key, record);
    }
    const way = ways.length > 1 ? ways.shift() : ways[0];
    if (way === "broken") response.destroy();
    else if (way !== true && way !== undefined) {
      const { status, retryAfter, body = '{"message":"not now"}' } = way;
      response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end(body);
    } else if (request.url?.includes("/events")) {
      response.end('data: {"version":1,"terminal":true}\n\n');
    } else response.end(JSON.stringify({ request_id: record }));
  }

  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    coordinator = new Coordinator(`http://127.0.0.1:${port}`, async (ms) => pauses.push(ms));
  });
  beforeEach(() => {
    records.clear();
    pauses.length = 0;
  });
  after(() => server.close());

  const away = { status: 503, retryAfter: "3" };
  for (const [name, way] of [
    ["503", away],
    ["429", { status: 429, retryAfter: "3" }],
    ["502", { status: 502, retryAfter: "3", body: "null" }],
  ] as const) {
    it(`pays once where the answer is ${name}, and asks under the same key when it is told to`, async () => {
      ways = [way, true];
      assert.deepEqual(await coordinator.execute(payload), { request_id: "record-0" });
      assert.deepEqual([records.size, pauses], [1, [3_000]]);
    });

    it(`goes on with the events, and with the record, after ${name}`, async () => {
      ways = [way, true];
      const seen = [];
      for await (const event of coordinator.events("record-0")) seen.push(event);
      assert.deepEqual(seen, [{ version: 1, terminal: true }]);
      ways = [way, true];
      assert.deepEqual(await coordinator.record("record-0"), { request_id: "record-0" });
      assert.deepEqual(pauses, [3_000, 3_000]);
    });
  }

  it("waits neither for no time nor for ever", async () => {
    ways = [{ status: 503 }, { status: 503, retryAfter: "86400" }, { status: 503, retryAfter: "soon" }, "broken", true];
    await coordinator.execute(payload);
    assert.deepEqual([records.size, pauses], [1, [2_000, 10_000, 2_000, 2_000]]);
  });

  const refusals: readonly (readonly [
    name: string,
    ways: readonly Way[],
    pauses: number,
    status: number,
    said: string,
  ])[] = [
    ["a refusal, at once", [{ status: 403 }], 0, 403, "not now"],
    ["a quota, at last", [{ status: 429 }], 4, 429, "not now"],
    ["503, at last", [away], 4, 503, `not now: ${again}`],
    ["503 and then 401", [away, { status: 401 }], 1, 401, `not now: ${again}`],
    ["a broken connection and then 403", ["broken", { status: 403 }], 1, 403, `not now: ${again}`],
    ["500, at last", [{ status: 500 }], 4, 500, `not now: ${again}`],
    [
      "a page of a proxy's, at last",
      [{ status: 502, body: "<html>" }],
      4,
      502,
      `the coordinator is away (HTTP 502): ${again}`,
    ],
  ];
  for (const [name, given, count, status, said] of refusals) {
    it(`says what to do before signing anew, where it may have paid: ${name}`, async () => {
      ways = [...given];
      await assert.rejects(coordinator.execute(payload), (error) => {
        assert(error instanceof Refused);
        assert.deepEqual([error.status, error.message, pauses.length], [status, said, count]);
        return true;
      });
    });
  }

  it("says so where it is not to be reached at all", async () => {
    ways = ["broken"];
    await assert.rejects(coordinator.execute(payload), { message: `the coordinator is not to be reached: ${again}` });
    assert.equal(pauses.length, 4);
  });
});
