import assert from "node:assert/strict";
import { createClient } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import {
  contextOf,
  createLogger,
  inContext,
  inMemoryTransport,
  noteInContext,
  ownContext,
  systemPorts,
  traceHeaders,
} from "@outlayer/kit";
import { oneMethod } from "./support/broadcaster-stub.ts";

const { random } = systemPorts();
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const given = `00-${traceId}-00f067aa0ba902b7-01`;
const from = (traceparent: string) => contextOf(new Headers({ traceparent }), random);

describe("trace context", () => {
  it("goes on under a span of its own", () => {
    const context = from(given);
    assert.equal(context.traceId, traceId);
    const { traceparent = "" } = inContext(context, traceHeaders);
    assert.match(traceparent, new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    assert.notEqual(traceparent, given);
    assert.equal(from(`01-${traceId}-00f067aa0ba902b7-01-what-comes-later`).traceId, traceId);
  });

  it("begins anew where none came, or none that can be read", () => {
    const bad = [
      "",
      "hunter2",
      `ff-${traceId}-00f067aa0ba902b7-01`,
      `00-${traceId}-00f067aa0ba902b7-01-more`,
      `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
      `00-${traceId}-${"0".repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`,
    ];
    const made = bad.map((traceparent) => from(traceparent).traceId);
    assert.equal(new Set(made).size, bad.length);
    for (const id of made) assert.ok(/^[0-9a-f]{32}$/.test(id) && id !== traceId);
    assert.deepEqual(traceHeaders(), {});
  });

  it("reaches the log lines of the service that is called, with whose the work is", async () => {
    const lines: { readonly [field: string]: unknown }[] = [];
    const logger = createLogger("broadcaster", "info", { write: (line) => void lines.push(JSON.parse(line)) });
    const { routes } = oneMethod(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      noteInContext({ wallet_id: "wallet-7" });
      logger.info("handled");
      return {};
    });
    const client = createClient(
      BroadcasterService,
      inMemoryTransport(routes, { logger, serviceToken: undefined }, "planner"),
    );
    const context = ownContext({ request_id: "r" }, random);
    await inContext(context, () => client.getGateFacts({ gateId: "gate.near" }));
    await client.getGateFacts({ gateId: "gate.near" });
    const [first, second] = lines;
    assert.deepEqual([first?.trace_id, first?.wallet_id, first?.service], [context.traceId, "wallet-7", "broadcaster"]);
    assert.match(String(second?.trace_id), /^[0-9a-f]{32}$/);
    assert.notEqual(second?.trace_id, context.traceId);
    // Whose work it is goes with what is asked, not with the trace.
    assert.equal(first?.request_id, undefined);
  });

  it("keeps apart what runs at the same time, and what a line says itself counts", async () => {
    const lines: { readonly [field: string]: unknown }[] = [];
    const logger = createLogger("x", "info", { write: (line) => void lines.push(JSON.parse(line)) });
    const work = (name: string) =>
      inContext(ownContext({}, random), async () => {
        noteInContext({ request_id: name });
        await new Promise((resolve) => setImmediate(resolve));
        logger.info({ name }, "done");
      });
    await Promise.all(["a", "b"].map(work));
    assert.ok(lines.every(({ request_id, name }) => request_id === name));
    assert.notEqual(lines[0]?.trace_id, lines[1]?.trace_id);
    inContext(ownContext({ request_id: "a" }, random), () => logger.info({ request_id: "own" }, "said"));
    assert.equal(lines.at(-1)?.request_id, "own");
  });
});

describe("errors in the log", () => {
  it("are told by type, message, stack and cause, without what libraries hang on them", () => {
    let line = "";
    const logger = createLogger("x", "info", {
      write(text) {
        line = text;
      },
    });
    const cause = Object.assign(new Error("reset"), { code: "ECONNRESET", address: "hunter2" });
    const request = { headers: { authorization: "hunter2" } };
    logger.error({ err: Object.assign(new TypeError("failed", { cause }), { request }) }, "broke");
    const { err } = JSON.parse(line);
    assert.deepEqual([err.type, err.message, err.cause.code], ["TypeError", "failed", "ECONNRESET"]);
    assert.match(err.stack, /call-context\.test/);
    assert.doesNotMatch(line, /hunter2/);
  });
});
