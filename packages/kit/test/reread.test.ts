import assert from "node:assert/strict";
import { createLogger, PrometheusMetrics, Reread } from "@outlayer/kit";
import { virtualTime } from "./support/virtual-time.ts";

describe("files that are read again", () => {
  function reread() {
    const time = virtualTime();
    const lines: { readonly [field: string]: unknown }[] = [];
    const logger = createLogger("planner", "info", { write: (line) => void lines.push(JSON.parse(line)) });
    const metrics = new PrometheusMetrics(time.clock);
    const told: string[] = [];
    let read = () => "first";
    const files = new Reread({
      what: "gates",
      read: () => read(),
      isSame: (one, other) => one === other,
      timers: time.timers,
      logger,
      metrics: { metrics, serviceName: "planner" },
    });
    files.onChange((value) => told.push(value));
    return {
      files,
      told,
      /** The files are as given, and the time for the next look comes. */
      async become(next: () => string) {
        read = next;
        time.advance(10_000);
        const text = await metrics.text();
        const isOk = /^config_files_ok\{service_name="planner",files="gates"\} (\d)$/m.exec(text)?.[1];
        return { current: files.current, isOk, messages: lines.splice(0).map(({ level, msg }) => [level, msg]) };
      },
    };
  }

  const unusable = () => {
    throw new Error("no gates");
  };

  it("are taken in once they have changed, and nobody is told of what is as before", async () => {
    const { files, told, become } = reread();
    files.start();
    assert.deepEqual(await become(() => "first"), { current: "first", isOk: "1", messages: [] });
    assert.deepEqual(await become(() => "second"), {
      current: "second",
      isOk: "1",
      messages: [["info", "new gates are in use"]],
    });
    assert.deepEqual(told, ["second"]);
    files.stop();
    assert.equal((await become(() => "third")).current, "second");
  });

  it("change nothing while they cannot be used, which is said once and shown for as long as it is so", async () => {
    const { files, told, become } = reread();
    files.start();
    const failing = await become(unusable);
    assert.deepEqual(failing, {
      current: "first",
      isOk: "0",
      messages: [["error", "gates cannot be used: the previous ones stay in use"]],
    });
    assert.deepEqual(await become(unusable), { current: "first", isOk: "0", messages: [] });
    assert.deepEqual(await become(() => "first"), { current: "first", isOk: "1", messages: [] });
    assert.deepEqual(told, []);
    assert.equal((await become(unusable)).messages.length, 1);
    files.stop();
  });
});
