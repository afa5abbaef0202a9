import assert from "node:assert/strict";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { PrometheusMetrics } from "@outlayer/kit";
import { measured } from "../src/rpc/measured.ts";

const lineOf = (text: string, begin: string) => text.split("\n").find((line) => line.startsWith(begin));

describe("metrics of a service", () => {
  let nowMs = 0;
  const clock = { now: () => nowMs };

  it("give times in seconds, and none below zero where the clock was set back", async () => {
    const metrics = new PrometheusMetrics(clock);
    const observe = metrics.histogram({ name: "wait_seconds", help: "Of waits.", labels: ["what"] });
    observe(1.5, { what: "a" });
    observe(-7, { what: "a" });
    const text = await metrics.text();
    assert.equal(lineOf(text, "wait_seconds_sum"), 'wait_seconds_sum{what="a"} 1.5');
    assert.equal(lineOf(text, "wait_seconds_count"), 'wait_seconds_count{what="a"} 2');
  });

  it("read a gauge whenever they are asked for, and show no value that there is not", async () => {
    const metrics = new PrometheusMetrics(clock);
    let readings = [{ value: 7, labels: { of: "x" } }];
    metrics.gauge({ name: "level", help: "Of something.", labels: ["of"] }, () => readings);
    assert.equal(lineOf(await metrics.text(), "level"), 'level{of="x"} 7');
    readings = [];
    nowMs += 1_000;
    assert.equal(lineOf(await metrics.text(), "level"), undefined);
  });

  it("show what all readers of one gauge read, and nothing of one that reads nothing any more", async () => {
    const metrics = new PrometheusMetrics(clock);
    let first = [{ value: 1, labels: { of: "a" } }];
    const gauge = { name: "level", help: "Of something.", labels: ["of"] };
    metrics.gauge(gauge, () => first);
    metrics.gauge(gauge, () => [{ value: 2, labels: { of: "b" } }]);
    const shown = async () => (await metrics.text()).split("\n").filter((line) => line.startsWith("level"));
    assert.deepEqual(await shown(), ['level{of="a"} 1', 'level{of="b"} 2']);
    first = [];
    nowMs += 1_000;
    assert.deepEqual(await shown(), ['level{of="b"} 2']);
  });

  it("are made once a second, however often they are asked for", async () => {
    const metrics = new PrometheusMetrics(clock);
    const count = metrics.counter({ name: "seen_total", help: "What was seen." });
    count();
    assert.equal(lineOf(await metrics.text(), "seen_total"), "seen_total 1");
    count();
    nowMs += 999;
    assert.equal(lineOf(await metrics.text(), "seen_total"), "seen_total 1");
    nowMs += 1;
    assert.equal(lineOf(await metrics.text(), "seen_total"), "seen_total 2");
  });

  describe("of calls", () => {
    const method = RecordService.method.getRecord;
    const call = async (next: () => Promise<object>) => {
      const metrics = new PrometheusMetrics(clock);
      const run = measured(metrics, clock)(next as unknown as Parameters<Interceptor>[0]);
      const answer = run({ service: method.parent, method } as unknown as Parameters<ReturnType<Interceptor>>[0]);
      return { metrics, answer: (await answer) as unknown as { readonly message: AsyncGenerator<number> } };
    };
    const sumOf = async (metrics: PrometheusMetrics, code: string) =>
      lineOf(
        await metrics.text(),
        `rpc_server_call_duration_seconds_sum{rpc_method="outlayer.evidence.v1.RecordService/GetRecord",rpc_status_code="${code}"}`,
      )?.split(" ")[1];
    async function* messages() {
      yield 1;
      nowMs += 2_000;
      yield 2;
      throw new ConnectError("gone", Code.DataLoss);
    }

    it("take from admission to answer", async () => {
      const { metrics } = await call(async () => {
        nowMs += 250;
        return { stream: false };
      });
      assert.equal(await sumOf(metrics, "OK"), "0.25");
    });

    it("name the error by its code", async () => {
      const metrics = new PrometheusMetrics(clock);
      const refuse = () => Promise.reject(new ConnectError("no", Code.NotFound));
      const run = measured(metrics, clock)(refuse);
      const request = { service: method.parent, method } as unknown as Parameters<ReturnType<Interceptor>>[0];
      await assert.rejects(run(request));
      assert.equal(await sumOf(metrics, "NOT_FOUND"), "0");
    });

    it("that stream last until the stream ends, fails, or is left", async () => {
      const left = await call(async () => ({ stream: true, message: messages() }));
      for await (const one of left.answer.message) if (one === 2) break;
      assert.equal(await sumOf(left.metrics, "CANCELED"), "2");
      const failed = await call(async () => ({ stream: true, message: messages() }));
      await assert.rejects(async () => {
        for await (const _ of failed.answer.message);
      });
      assert.equal(await sumOf(failed.metrics, "DATA_LOSS"), "2");
      const ended = await call(async () => ({ stream: true, message: [1, 2] }));
      for await (const _ of ended.answer.message);
      assert.equal(await sumOf(ended.metrics, "OK"), "0");
    });
  });
});
