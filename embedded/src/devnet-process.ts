import { fileURLToPath } from "node:url";
import type { NearInfo } from "./near.ts";
import { type ReadyProcess, startReadyProcess } from "./ready-process.ts";

/** A devnet's addresses, and the accounts of its genesis. */
export interface DevnetInfo extends NearInfo {
  readonly devnet_control: string;
  /** All gates, the one above first. */
  readonly gates: readonly Pick<NearInfo, "gate_id" | "relayer" | "approver">[];
}

export type DevnetProcess = ReadyProcess<DevnetInfo>;

const main = fileURLToPath(new URL("../../devnet/src/main.ts", import.meta.url));

/**
 * Starts a devnet as a process of its own, on free loopback ports; it ends with this one.
 * @throws Error when it ends before it is ready
 */
export function startDevnetProcess(blockTimeMs: number, shards = 1, gates = 1): Promise<DevnetProcess> {
  const options = { "block-time-ms": blockTimeMs, shards, gates };
  const named = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return startReadyProcess("the devnet", main, [...named, "--end-with-parent"]);
}
