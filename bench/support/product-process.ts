import { runProcess, systemPorts } from "@outlayer/kit";
import { runAll } from "../../embedded/src/run-all.ts";

/** What the product's process has used: bytes, and milliseconds of processor time. */
export interface Usage {
  readonly peakRssBytes: number;
  readonly peakHeapBytes: number;
  readonly cpuMs: number;
}

/** How often the heap is looked at, milliseconds. */
const sampleMs = 250;

/**
 * The embedded product, and a devnet in a process of its own, for a bench that started this: answers with its addresses once it runs,
 * and with what it has used whenever it is sent a message.
 * @param argv block time in milliseconds, and variables of the environment as JSON
 */
await runProcess(async () => {
  const [blockTimeMs = "600", environment = "{}"] = process.argv.slice(2);
  const options = { port: 0, blockTimeMs: Number(blockTimeMs), environment: JSON.parse(environment) };
  const running = await runAll(options, systemPorts());
  let peakHeapBytes = 0;
  const sampling = setInterval(() => {
    peakHeapBytes = Math.max(peakHeapBytes, process.memoryUsage().heapUsed);
  }, sampleMs);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    process.send?.({ peakRssBytes, peakHeapBytes, cpuMs: (user + system) / 1000 } satisfies Usage);
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
