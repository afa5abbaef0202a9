import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Example, serveExample } from "@outlayer/example-web";
import { createLogger, type Environment, type Ports, type ServiceName } from "@outlayer/kit";
import { localEnvironment } from "./local-environment.ts";
import { blockTimeMsOf, type NearChoice, startNear } from "./near.ts";
import { type Product, readProductConfig, startProduct } from "./product.ts";
import { productInfo, type UpInfo } from "./up-info.ts";

export interface RunOptions {
  /** REST's port. The usual one implies the services' usual ports; any other, and 0, free ones. */
  readonly port: number;
  readonly near: NearChoice;
  /** Whether the example's page is served as well; on a devnet only. */
  readonly examples?: boolean;
  /** The caller's environment, which overrides the variables of the local NEAR. */
  readonly environment: Environment;
  /** Told what is made on a node of one's own. */
  readonly say?: (line: string) => void;
}

export const usualPort = 8080;
/** The example's, where REST has its usual port. */
export const examplePorts = { page: 8090, wallet: 8091 };

export interface RunningAll {
  readonly info: UpInfo;
  stop(): Promise<void>;
}

/**
 * Runs, in this process, the whole product on a devnet or on a node of one's own.
 * @param stopping aborted when it is to stop while it starts
 */
export async function runAll(options: RunOptions, ports: Ports, stopping?: AbortSignal): Promise<RunningAll> {
  const near = await startNear(options.near, options.say ?? (() => {}));
  const directory = mkdtempSync(join(tmpdir(), "outlayer-"));
  let product: Product | undefined;
  let example: Example | undefined;
  const stop = async () => {
    await example?.stop();
    await product?.stop();
    await near.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const isUsual = options.port === usualPort;
  try {
    if (options.examples) example = await serveExample(isUsual ? examplePorts : { page: 0, wallet: 0 });
    const environment: Environment = {
      ...localEnvironment(near.info, blockTimeMsOf(options.near), ports.random),
      ...(example === undefined ? {} : { SESSION_AUDIENCE: example.page }),
      DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}`,
      BIND_ADDR: `127.0.0.1:${options.port}`,
      ...options.environment,
      ...(example === undefined ? {} : { REST_CORS_ORIGINS: originsOf(example, options.environment) }),
    };
    const level = options.environment.LOG_LEVEL === undefined ? "warn" : "info";
    const config = readProductConfig(environment);
    const logger = (service: ServiceName) => createLogger(service, level);
    const deps = { ports, logger, ...(stopping === undefined ? {} : { stopping }) };
    product = await startProduct(config, deps, !isUsual);
    const info = productInfo(product, near.info, environment);
    if (info.devnet_control !== null) {
      const { rest, near_rpc: nearRpc, devnet_control: devnetControl, verifier_id: verifierId } = info;
      example?.open({ rest, nearRpc, devnetControl, verifierId });
    }
    return { info: { ...info, pid: process.pid, example_page: example?.page ?? null }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The page's origin beside those that the caller names. */
function originsOf({ page }: Example, { REST_CORS_ORIGINS: named = "" }: Environment): string {
  return named === "" ? page : `${page},${named}`;
}
