import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { type Record, RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { noteInContext, type ServiceName, traceHeaders, unavailable } from "@outlayer/kit";

import {
  apart,
  clientKey,
  describeCalls,
  failure,
  messageBytes,
  type Records,
  requestId,
  untilAborted,
} from "./support/calls.ts";

describeCalls((served) => {
  describe("hands messages over", () => {
    it("whole, with the defaults of fields that nobody set", async () => {
      let asked: object | undefined;
      const client = await served.recordsOf({
        getRecord(request) {
          asked = { ...request };
          return { requestId, queue: {}, stepOutcomes: [{}], retryAfterMs: undefined } as MessageInitShape<
            typeof RecordSchema
          >;
        },
      });
      const record = await client.getRecord({ requestId });
      assert.deepEqual(asked, {
        $typeName: "outlayer.evidence.v1.GetRecordRequest",
        requestId,
        endpoint: "",
        waitMs: 0,
        untilTerminal: false,
      });
      assert.deepEqual(record, create(RecordSchema, { requestId, queue: {}, stepOutcomes: [{}] }));
      assert.equal("retryAfterMs" in record, false);
    });

    it("so that neither side sees what the other changes in its own", async () => {
      const kept: Record[] = [];
      const mine = create(RecordSchema, {
        requestId,
        intentIds: ["1"],
        balanceDeltas: { a: "1" },
        fees: { gateFeeYocto: "1" },
      });
      const client = await served.recordsOf({
        getRecord(request) {
          request.endpoint = "changed by the method";
          kept.push(mine);
          return mine;
        },
      });
      const request = { requestId, endpoint: "" };
      const record = await client.getRecord(request);
      assert.equal(request.endpoint, "");
      record.intentIds.push("2");
      record.balanceDeltas.b = "2";
      if (record.fees !== undefined) record.fees.gateFeeYocto = "2";
      assert.deepEqual([mine.intentIds, { ...mine.balanceDeltas }, mine.fees?.gateFeeYocto], [["1"], { a: "1" }, "1"]);
      mine.intentIds[0] = "3";
      assert.equal(record.intentIds[0], "1");
    });

    it("as they are when the call is made, whatever the caller does with them afterwards", async () => {
      const asked: string[][] = [];
      const reached = await served.serve(
        {},
        {
          reserveNonces({ senderId }) {
            asked.push([senderId]);
            return { nonces: [1n] };
          },
        },
      );
      const client = createClient(LogService, reached.as("broadcaster"));
      const request = { senderId: "before", count: 1 };
      const answer = client.reserveNonces(request);
      request.senderId = "after";
      await answer;
      assert.deepEqual(asked, [["before"]]);
    });

    it("with lone surrogates as UTF-8 has them, and keys that objects have already", async () => {
      const client = await served.recordsOf({
        getRecord: () => ({
          requestId,
          userVisibleError: "a\ud800b",
          balanceDeltas: JSON.parse('{"__proto__":"1"}'),
        }),
      });
      const record = await client.getRecord({ requestId });
      assert.equal(record.userVisibleError, "a\ufffdb");
      assert.deepEqual(Object.entries(record.balanceDeltas), [["__proto__", "1"]]);
    });

    it("as they are, however long: packing costs both sides more than sending", async () => {
      const client = await served.recordsOf({
        getRecord(_, { requestHeader, responseHeader }) {
          responseHeader.set("x-may-be-packed-by", requestHeader.get("accept-encoding") ?? "nobody");
          return { requestId, userVisibleError: "x".repeat(100_000) };
        },
      });
      const headers: (string | null)[] = [];
      const onHeader = (header: Headers) => {
        for (const name of ["content-encoding", "x-may-be-packed-by"]) headers.push(header.get(name));
      };
      const record = await client.getRecord({ requestId }, { onHeader });
      assert.equal(record.userVisibleError?.length, 100_000);
      assert.deepEqual(headers, [null, "nobody"]);
    });

    it("within the bound of the method, before the method sees them", async () => {
      let handled = 0;
      const reached = await served.serve(
        {},
        {
          appendEvent() {
            handled += 1;
            return { version: 2n };
          },
        },
      );
      const client = createClient(LogService, reached.as("broadcaster"));
      const send = (length: number) =>
        client.appendEvent({
          requestId,
          expectedVersion: 1n,
          event: { kind: { case: "ended", value: { status: "failed", userVisibleError: "x".repeat(length) } } },
          lease: { resource: "gate:g", epoch: 1n },
        });
      await send(messageBytes - 200);
      assert.equal(handled, 1);
      const error = await failure(send(messageBytes));
      assert.equal(error.code, Code.ResourceExhausted);
      assert.match(
        error.rawMessage,
        new RegExp(`message size (\\d+ )?is larger than configured readMaxBytes ${messageBytes}`),
      );
      assert.equal(error.findDetails(ErrorInfoSchema)[0]?.domain, "outlayer.evidence.v1");
      assert.equal(handled, 1);
    });
  });

  describe("is judged", () => {
    it("by who calls before its message is: neither rules nor bounds are told to a stranger", async () => {
      const reached = await served.serve({}, { appendEvent: () => assert.fail("it was handled") });
      for (const from of ["gateway", undefined] as const) {
        const client = createClient(LogService, reached.as(from));
        const error = await failure(client.appendEvent({ requestId: "x".repeat(2 * messageBytes) }));
        assert.deepEqual([error.code, error.rawMessage], [Code.PermissionDenied, "this caller may not call this"]);
        assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "PERMISSION_DENIED");
      }
    });

    it("by a client's credentials or a service's word for it, and the method gets who it is", async () => {
      const getHistory: Records["getHistory"] = (_, { values }) => ({
        entries: [{ requestId: values.get(clientKey), version: 1n }],
      });
      const reached = await served.serve({ getHistory });
      const ask = async (from: ServiceName | undefined, headers: { [name: string]: string }) =>
        (await createClient(RecordService, reached.as(from)).getHistory({ requestId }, { headers })).entries[0]
          ?.requestId;
      assert.equal(await ask(undefined, { "x-client": "w-1", "x-secret": "secret" }), "w-1");
      assert.equal(await ask("gateway", { "x-client": "w-2" }), "w-2");
      for (const from of [undefined, "planner"] as const) {
        assert.equal((await failure(ask(from, { "x-client": "w-2" }))).code, Code.Unauthenticated);
      }
    });

    it("by its contract's rules, and their error names the field", async () => {
      const client = await served.recordsOf({ getRecord: () => assert.fail("it was handled") });
      const error = await failure(client.getRecord({ requestId, waitMs: 4_000_000 }));
      assert.equal(error.code, Code.InvalidArgument);
      assert.match(error.rawMessage, /wait_ms/);
    });
  });

  describe("fails", () => {
    it("with code, text and details of the method, and nothing else of it", async () => {
      const client = await served.recordsOf({
        getRecord() {
          throw Object.assign(unavailable("later", { reason: "AWAY", metadata: { a: "b" } }), {
            cause: new Error("hunter2"),
          });
        },
      });
      const error = await failure(client.getRecord({ requestId }));
      assert.deepEqual([error.code, error.rawMessage, error.isWireError], [Code.Unavailable, "later", true]);
      assert.equal(error.cause, undefined);
      const [info] = error.findDetails(ErrorInfoSchema);
      assert.deepEqual(
        [info?.reason, info?.domain, { ...info?.metadata }],
        ["AWAY", "outlayer.evidence.v1", { a: "b" }],
      );
      assert.equal(Number(error.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds), 2);
      assert.equal(error.metadata.get("retry-after"), "2");
    });

    it("as an internal error where the method did not mean it, with the cause in the log", async () => {
      const reached = await served.serve({
        getRecord() {
          throw new TypeError("hunter2");
        },
      });
      const error = await failure(createClient(RecordService, reached.as("gateway")).getRecord({ requestId }));
      assert.deepEqual([error.code, error.rawMessage, error.isWireError], [Code.Internal, "internal error", true]);
      assert.ok(reached.logs.some((line) => line.includes("handler failed") && line.includes("hunter2")));
    });
  });

  describe("has headers and a trace", () => {
    it("which the method gets, and answers with headers and trailers of its own", async () => {
      const client = await served.recordsOf({
        getRecord(_, { requestHeader, responseHeader, responseTrailer }) {
          responseHeader.set("ratelimit", requestHeader.get("x-asked") ?? "");
          responseTrailer.set("x-end", "end");
          return { requestId };
        },
      });
      const heard: (string | null)[] = [];
      await client.getRecord(
        { requestId },
        {
          headers: { "x-asked": "asked" },
          onHeader: (headers) => heard.push(headers.get("ratelimit")),
          onTrailer: (trailers) => heard.push(trailers.get("x-end")),
        },
      );
      assert.deepEqual(heard, ["asked", "end"]);
    });

    it("and log lines of the method name the trace and the request", async () => {
      const traces: (string | undefined)[] = [];
      const reached = await served.serve({
        async getRecord() {
          await apart();
          traces.push(traceHeaders().traceparent);
          noteInContext({ wallet_id: "w-9" });
          return { requestId };
        },
      });
      const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
      await createClient(RecordService, reached.as("gateway")).getRecord({ requestId }, { headers: { traceparent } });
      assert.match(traces[0] ?? "", /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
      assert.notEqual(traces[0], traceparent);
      assert.deepEqual(traceHeaders(), {}, "the caller's context is its own");
    });
  });

  describe("ends", () => {
    it("at its deadline, of which the method hears", async () => {
      const heard = Promise.withResolvers<unknown>();
      const left: (number | undefined)[] = [];
      const client = await served.recordsOf({
        getRecord(_, context) {
          left.push(context.timeoutMs());
          void untilAborted(context).catch(heard.resolve);
          return untilAborted(context);
        },
      });
      const error = await failure(client.getRecord({ requestId }, { timeoutMs: 60 }));
      assert.equal(error.code, Code.DeadlineExceeded);
      await heard.promise;
      assert.ok((left[0] ?? 0) > 0 && (left[0] ?? 0) <= 60);
    });

    it("when its caller aborts it, of which the method hears", async () => {
      const begun = Promise.withResolvers<void>();
      const heard = Promise.withResolvers<unknown>();
      const client = await served.recordsOf({
        getRecord(_, context) {
          void untilAborted(context).catch(heard.resolve);
          begun.resolve();
          return untilAborted(context);
        },
      });
      const caller = new AbortController();
      const call = failure(client.getRecord({ requestId }, { signal: caller.signal }));
      await begun.promise;
      caller.abort();
      assert.equal((await call).code, Code.Canceled);
      await heard.promise;
    });

    it("at once where its signal is aborted already", async () => {
      const client = await served.recordsOf({ getRecord: (_, context) => untilAborted(context) });
      const error = await failure(client.getRecord({ requestId }, { signal: AbortSignal.abort() }));
      assert.equal(error.code, Code.Canceled);
    });

    it("with its answer: what listens to the method's signal hears of that too", async () => {
      const heard = Promise.withResolvers<void>();
      const client = await served.recordsOf({
        getRecord(_, { signal }) {
          signal.addEventListener("abort", () => heard.resolve());
          return { requestId };
        },
      });
      await client.getRecord({ requestId });
      await heard.promise;
    });
  });
});
