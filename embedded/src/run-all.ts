import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, type Environment, type Ports, type ServiceName } from "@outlayer/kit";
import { type DevnetInfo, type DevnetProcess, startDevnetProcess } from "./devnet-process.ts";
import { type Product, readProductConfig, startProduct } from "./product.ts";
import type { UpInfo } from "./up-info.ts";

export interface RunOptions {
  /** REST's port. The usual one brings the services' usual ports with it; any other, and 0, free ones. */
  readonly port: number;
  readonly blockTimeMs: number;
  /** What the caller's environment sets, above what the devnet brings. */
  readonly environment: Environment;
}

export const usualPort = 8080;

export interface RunningAll {
  readonly info: UpInfo;
  stop(): Promise<void>;
}

/**
 * Runs a devnet and, in this process, the whole product on it.
 * @param stopping aborted when it is to stop while it starts
 */
export async function runAll(options: RunOptions, ports: Ports, stopping?: AbortSignal): Promise<RunningAll> {
  const devnet = await startDevnetProcess(options.blockTimeMs);
  const directory = mkdtempSync(join(tmpdir(), "outlayer-"));
  let product: Product | undefined;
  const stop = async () => {
    await product?.stop();
    await devnet.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const secret = () => Buffer.from(ports.random.bytes(32)).toString("hex");
    const keys = devnet.info.wallets.map(({ wallet_id }) => [`wk_${wallet_id}_${secret().slice(0, 24)}`, wallet_id]);
    const environment: Environment = {
      ...devnetEnvironment(devnet.info, options.blockTimeMs),
      DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}`,
      BIND_ADDR: `127.0.0.1:${options.port}`,
      INTERNAL_WALLET_AUTH_TOKEN: secret(),
      WALLET_API_KEYS_JSON: JSON.stringify(Object.fromEntries(keys)),
      GRANT_SECRET: secret(),
      ...options.environment,
    };
    const level = options.environment.LOG_LEVEL === undefined ? "warn" : "info";
    const config = readProductConfig(environment, options.environment.SERVICE_TOKEN ?? secret());
    const logger = (service: ServiceName) => createLogger(service, level);
    const deps = { ports, logger, ...(stopping === undefined ? {} : { stopping }) };
    product = await startProduct(config, deps, options.port !== usualPort);
    return { info: upInfo(product, devnet, environment, keys), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function devnetEnvironment(devnet: DevnetInfo, blockTimeMs: number): Environment {
  return {
    NEAR_RPC_URL: devnet.near_rpc,
    NEAR_CHAIN_ID: devnet.chain_id,
    // A local node may be asked often: news is never older than half a block.
    NEAR_POLL_INTERVAL_MS: String(Math.max(10, Math.min(750, Math.floor(blockTimeMs / 2)))),
    KEYSTORE_URL: devnet.keystore,
    KEYSTORE_AUTH_TOKEN: devnet.keystore_token,
    SEQUENTIAL_GATE_ID: devnet.gate_id,
    VERIFIER_ID: devnet.verifier_id,
    RELAYER_ACCOUNT_ID: devnet.relayer.account_id,
    RELAYER_SECRET_KEY: devnet.relayer.secret_key,
    APPROVER_ACCOUNT_ID: devnet.approver.account_id,
    APPROVER_SECRET_KEY: devnet.approver.secret_key,
  };
}

function upInfo(
  product: Product,
  { info: devnet }: DevnetProcess,
  environment: Environment,
  keys: readonly (readonly string[])[],
): UpInfo {
  return {
    rest: product.restUrl,
    grpc: product.grpc,
    http: product.http,
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
    pid: process.pid,
  };
}
