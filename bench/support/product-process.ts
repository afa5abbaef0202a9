import { getHeapStatistics } from "node:v8";
import { runProcess, systemPorts } from "@outlayer/kit";
import { runAll } from "../../embedded/src/run-all.ts";
import { followGarbage, type Garbage } from "./garbage.ts";

/** Resources used by the product's process: bytes, and milliseconds of processor time. */
export interface Usage {
  readonly peakRssBytes: number;
  readonly peakHeapBytes: number;
  readonly cpuMs: number;
  /** Since the last message. */
  readonly garbage: Garbage;
}

/** Interval of heap samples, milliseconds. */
const sampleMs = 250;

/**
 * The embedded product, and a devnet in a process of its own, for the bench that started this process. It sends its addresses once it
 * runs, and answers every message with the resources used.
 * @param argv block time in milliseconds, variables of the environment as JSON, and the number of shards
 */
await runProcess(async () => {
  const [blockTimeMs = "600", environment = "{}", shards = "1"] = process.argv.slice(2);
  const options = {
    port: 0,
    near: { kind: "devnet", blockTimeMs: Number(blockTimeMs), shards: Number(shards) } as const,
    environment: JSON.parse(environment),
  };
  const running = await runAll(options, systemPorts());
  const garbage = followGarbage();
  let peakHeapBytes = 0;
  const sampling = setInterval(() => {
    // `process.memoryUsage` reads files of the system each time, and would show in the processor time.
    peakHeapBytes = Math.max(peakHeapBytes, getHeapStatistics().used_heap_size);
  }, sampleMs);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    const cpuMs = (user + system) / 1000;
    process.send?.({ peakRssBytes, peakHeapBytes, cpuMs, garbage: garbage() } satisfies Usage);
  });
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.send?.(running.info);
  return {
    async stop() {
      clearInterval(sampling);
      await running.stop();
      if (process.connected) process.disconnect();
    },
  };
});
