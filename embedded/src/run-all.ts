import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, type Environment, type Ports, type ServiceName } from "@outlayer/kit";
import { localEnvironment } from "./local-environment.ts";
import { blockTimeMsOf, type NearChoice, startNear } from "./near.ts";
import { type Product, readProductConfig, startProduct } from "./product.ts";
import { productInfo, type UpInfo } from "./up-info.ts";

export interface RunOptions {
  /** REST's port. The usual one implies the services' usual ports; any other, and 0, free ones. */
  readonly port: number;
  readonly near: NearChoice;
  /** The caller's environment, which overrides the variables of the local NEAR. */
  readonly environment: Environment;
  /** Told what is made on a node of one's own. */
  readonly say?: (line: string) => void;
}

export const usualPort = 8080;

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
  const stop = async () => {
    await product?.stop();
    await near.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const environment: Environment = {
      ...localEnvironment(near.info, blockTimeMsOf(options.near), ports.random),
      DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}`,
      BIND_ADDR: `127.0.0.1:${options.port}`,
      ...options.environment,
    };
    const level = options.environment.LOG_LEVEL === undefined ? "warn" : "info";
    const config = readProductConfig(environment);
    const logger = (service: ServiceName) => createLogger(service, level);
    const deps = { ports, logger, ...(stopping === undefined ? {} : { stopping }) };
    product = await startProduct(config, deps, options.port !== usualPort);
    return { info: { ...productInfo(product, near.info, environment), pid: process.pid }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
