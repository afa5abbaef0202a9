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
export function startDevnetProcess(blockTimeMs: number, shards = 1): Promise<DevnetProcess> {
  const options = ["--block-time-ms", String(blockTimeMs), "--shards", String(shards), "--end-with-parent"];
  return startReadyProcess("the devnet", main, options);
}
