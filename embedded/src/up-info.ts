import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Addresses } from "@outlayer/distributed";
import type { Environment } from "@outlayer/kit";
import type { NearInfo } from "./near.ts";

/** Addresses and credentials of a product on a local NEAR. */
export interface ProductInfo {
  readonly rest: string;
  readonly grpc: Addresses["grpc"];
  readonly http: Addresses["http"];
  readonly near_rpc: string;
  readonly keystore: string;
  /** Null on a node of one's own. */
  readonly devnet_control: string | null;
  readonly internal_token: string;
  readonly gate_id: string;
  readonly verifier_id: string;
  readonly wrapped_near_id: string;
  readonly wallets: readonly { readonly wallet_id: string; readonly account_id: string; readonly api_key: string }[];
  /** Account ids. */
  readonly relayer: string;
  readonly approver: string;
}

/** The content of `.dev/up.json`, which `./dev up` writes for scripts. */
export interface UpInfo extends ProductInfo {
  /** The process that runs the product; the devnet is another. */
  readonly pid: number;
  /** The origin of the example's page; null where it was not asked for. */
  readonly example_page: string | null;
}

/** @param environment of the product */
export function productInfo({ restUrl, grpc, http }: Addresses, near: NearInfo, environment: Environment): ProductInfo {
  const keys = Object.entries(JSON.parse(environment.WALLET_API_KEYS_JSON ?? "{}") as Record<string, string>);
  return {
    rest: restUrl,
    grpc,
    http,
    near_rpc: near.near_rpc,
    keystore: near.keystore,
    devnet_control: near.devnet_control ?? null,
    internal_token: environment.INTERNAL_WALLET_AUTH_TOKEN ?? "",
    gate_id: near.gate_id,
    verifier_id: near.verifier_id,
    wrapped_near_id: near.wrapped_near_id,
    wallets: near.wallets.map(({ wallet_id, account_id }) => ({
      wallet_id,
      account_id,
      api_key: keys.find(([, owner]) => owner === wallet_id)?.[0] ?? "",
    })),
    relayer: near.relayer.account_id,
    approver: near.approver.account_id,
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
