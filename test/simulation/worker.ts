import { parentPort, workerData } from "node:worker_threads";
import { install } from "./mutants.ts";

/** What a worker is told at its start. */
export interface WorkerOrders {
  readonly mutant: string | undefined;
}

// Most errors here are on purpose, and cost less without. A replay has the stacks.
Error.stackTraceLimit = 0;
const { mutant } = workerData as WorkerOrders;
if (mutant !== undefined) install(mutant);
// Only now: the product is loaded with the mutant in it.
const { runHistory } = await import("./history.ts");

parentPort?.on("message", async (seed: number) => {
  parentPort?.postMessage(await runHistory(seed));
});
