import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ServiceName } from "@outlayer/kit";

/** What `./dev up` writes to `.dev/up.json`, for scripts. */
export interface UpInfo {
  readonly rest: string;
  /** h2c URLs by service. */
  readonly grpc: Readonly<Record<ServiceName, string>>;
  /** HTTP/1.1 URLs by service. */
  readonly http: Readonly<Record<ServiceName, string>>;
  readonly near_rpc: string;
  readonly keystore: string;
  readonly devnet_control: string;
  readonly internal_token: string;
  readonly gate_id: string;
  readonly wallets: readonly { readonly wallet_id: string; readonly account_id: string; readonly api_key: string }[];
  /** Account ids. */
  readonly relayer: string;
  readonly approver: string;
  /** Of the process that runs the product; the devnet is another. */
  readonly pid: number;
}

/** Writes it whole or not at all: a script may be waiting for it. */
export function writeUpInfo(path: string, info: UpInfo): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Removes the file, unless another run has written it since. */
export function removeUpInfo(path: string, info: UpInfo): void {
  try {
    const { pid } = JSON.parse(readFileSync(path, "utf8")) as UpInfo;
    if (pid === info.pid) rmSync(path);
  } catch {
    // Not there any more.
  }
}
