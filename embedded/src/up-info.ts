import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Addresses } from "@outlayer/distributed";
import type { Environment } from "@outlayer/kit";
import type { DevnetInfo } from "./devnet-process.ts";

/** Addresses and credentials of a product on its own devnet. */
export interface ProductInfo {
  readonly rest: string;
  readonly grpc: Addresses["grpc"];
  readonly http: Addresses["http"];
  readonly near_rpc: string;
  readonly keystore: string;
  readonly devnet_control: string;
  readonly internal_token: string;
  readonly gate_id: string;
  readonly wallets: readonly { readonly wallet_id: string; readonly account_id: string; readonly api_key: string }[];
  /** Account ids. */
  readonly relayer: string;
  readonly approver: string;
}

/** The content of `.dev/up.json`, which `./dev up` writes for scripts. */
export interface UpInfo extends ProductInfo {
  /** The process that runs the product; the devnet is another. */
  readonly pid: number;
}

/** @param environment of the product */
export function productInfo(
  { restUrl, grpc, http }: Addresses,
  devnet: DevnetInfo,
  environment: Environment,
): ProductInfo {
  const keys = Object.entries(JSON.parse(environment.WALLET_API_KEYS_JSON ?? "{}") as Record<string, string>);
  return {
    rest: restUrl,
    grpc,
    http,
    near_rpc: devnet.near_rpc,
    keystore: devnet.keystore,
    devnet_control: devnet.devnet_control,
    internal_token: environment.INTERNAL_WALLET_AUTH_TOKEN ?? "",
    gate_id: devnet.gate_id,
    wallets: devnet.wallets.map(({ wallet_id, account_id }) => ({
      wallet_id,
      account_id,
      api_key: keys.find(([, owner]) => owner === wallet_id)?.[0] ?? "",
    })),
    relayer: devnet.relayer.account_id,
    approver: devnet.approver.account_id,
  };
}

/** Writes the file atomically: a script may be waiting for it. */
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
    // The file is gone already.
  }
}
