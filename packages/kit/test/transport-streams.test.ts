import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { unavailable } from "@outlayer/kit";

import { apart, describeCalls, failure, requestId, untilAborted } from "./support/calls.ts";

describeCalls((served) => {
  describe("that is answered by a stream", () => {
    const event = (version: number) => ({ requestId, version: BigInt(version) });

    it("brings each message in order, with headers before and trailers after them", async () => {
      const client = await served.recordsOf({
        async *watchProgress({ afterVersion }, { responseHeader, responseTrailer }) {
          responseHeader.set("x-begin", "begin");
          for (let version = Number(afterVersion); version < 300; version += 1) yield event(version + 1);
          responseTrailer.set("x-end", "end");
        },
      });
      const seen: number[] = [];
      const heard: unknown[] = [];
      const options = {
        onHeader: (headers: Headers) => heard.push(headers.get("x-begin")),
        onTrailer: (trailers: Headers) => heard.push(trailers.get("x-end")),
      };
      for await (const { version } of client.watchProgress({ requestId, afterVersion: 3n }, options))
        seen.push(Number(version));
      assert.deepEqual(
        seen,
        Array.from({ length: 297 }, (_, index) => index + 4),
      );
      assert.deepEqual(heard, ["begin", "end"]);
    });

    it("is made no faster than it is read", async () => {
      let made = 0;
      const client = await served.recordsOf({
        async *watchProgress() {
          for (;;) {
            made += 1;
            yield { ...event(made), userVisibleError: "x".repeat(50_000) };
          }
        },
      });
      const caller = new AbortController();
      const messages = client.watchProgress({ requestId }, { signal: caller.signal })[Symbol.asyncIterator]();
      await messages.next();
      // What buffers on the way hold is made at once.
      for (let before = 0; before < made; await apart()) before = made;
      assert.ok(made < 5_000, `${made} were made`);
      for (let read = 0; read < 5; read += 1) await messages.next();
      caller.abort();
      await assert.rejects(async () => {
        for (let read = 0; read < 1_000; read += 1) await messages.next();
      }, /anceled/);
    });

    it("tells the method when its reader goes, also where the method waits to be read", async () => {
      for (const waits of ["for the reader", "for news"]) {
        const ended = Promise.withResolvers<void>();
        const client = await served.recordsOf({
          async *watchProgress(_, context) {
            context.signal.addEventListener("abort", () => ended.resolve());
            yield event(1);
            if (waits === "for news") await untilAborted(context);
            for (let version = 2; ; version += 1) yield { ...event(version), userVisibleError: "x".repeat(50_000) };
          },
        });
        const caller = new AbortController();
        const messages = client.watchProgress({ requestId }, { signal: caller.signal })[Symbol.asyncIterator]();
        assert.equal((await messages.next()).value.version, 1n);
        await apart();
        const next = waits === "for news" ? failure(messages.next()) : undefined;
        caller.abort();
        assert.equal(
          (
            await (next ??
              failure(
                (async () => {
                  for (let read = 0; read < 1_000; read += 1) await messages.next();
                })(),
              ))
          ).code,
          Code.Canceled,
        );
        await ended.promise;
        await served.close();
      }
    });

    it("ends at its deadline", async () => {
      const client = await served.recordsOf({
        async *watchProgress(_, context) {
          yield event(1);
          await untilAborted(context);
        },
      });
      const messages = client.watchProgress({ requestId }, { timeoutMs: 80 })[Symbol.asyncIterator]();
      await messages.next();
      assert.equal((await failure(messages.next())).code, Code.DeadlineExceeded);
    });

    it("fails where the method does, after what came before", async () => {
      const client = await served.recordsOf({
        async *watchProgress() {
          yield event(1);
          throw unavailable("later", { reason: "STREAM_TOO_OLD" });
        },
      });
      const messages = client.watchProgress({ requestId })[Symbol.asyncIterator]();
      assert.equal((await messages.next()).value.version, 1n);
      const error = await failure(messages.next());
      assert.deepEqual(
        [error.code, error.findDetails(ErrorInfoSchema)[0]?.reason],
        [Code.Unavailable, "STREAM_TOO_OLD"],
      );
      assert.equal(error.isWireError, true);
      assert.equal((await messages.next()).done, true);
    });

    it("is judged like any other: by who calls, then by its contract's rules", async () => {
      const watchProgress = async function* () {
        yield event(1);
      };
      const first = (client: Awaited<ReturnType<typeof served.recordsOf>>, id: string) =>
        failure(client.watchProgress({ requestId: id })[Symbol.asyncIterator]().next());
      assert.equal(
        (await first(await served.recordsOf({ watchProgress }, "planner"), "x".repeat(129))).code,
        Code.PermissionDenied,
      );
      await served.close();
      const error = await first(await served.recordsOf({ watchProgress }), "x".repeat(129));
      assert.deepEqual([error.code, /request_id/.test(error.rawMessage)], [Code.InvalidArgument, true]);
    });

    it("neither keeps nor shares what it has brought", async () => {
      const mine = event(1);
      const client = await served.recordsOf({
        async *watchProgress() {
          yield mine;
          yield mine;
        },
      });
      const seen: bigint[] = [];
      for await (const message of client.watchProgress({ requestId })) {
        seen.push(message.version);
        message.version = 9n;
        mine.version = 2n;
      }
      assert.equal(seen[0], 1n);
      assert.notEqual(seen[1], 9n);
    });
  });
});
