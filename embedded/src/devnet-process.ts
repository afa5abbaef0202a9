import { fileURLToPath } from "node:url";
import type { NearInfo } from "./near.ts";
import { type ReadyProcess, startReadyProcess } from "./ready-process.ts";

/** A devnet's addresses, and the accounts of its genesis. */
export interface DevnetInfo extends NearInfo {
  readonly devnet_control: string;
}

export type DevnetProcess = ReadyProcess<DevnetInfo>;

const main = fileURLToPath(new URL("../../devnet/src/main.ts", import.meta.url));

/**
 * Starts a devnet as a process of its own, on free loopback ports; it ends with this one.
 * @throws Error when it ends before it is ready
 */
export function startDevnetProcess(blockTimeMs: number): Promise<DevnetProcess> {
  return startReadyProcess("the devnet", main, ["--block-time-ms", String(blockTimeMs), "--end-with-parent"]);
}
