import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Devnet, type DevnetOptions, systemPorts as devnetSystemPorts, startDevnet } from "@outlayer/devnet";
import { type Product, type ProductDeps, readProductConfig, startProduct } from "@outlayer/embedded";
import { type Clock, createLogger, type Environment, systemPorts } from "@outlayer/kit";
import { internalToken, productEnvironment } from "./product-environment.ts";
import { RestClient } from "./rest-client.ts";

/** Milliseconds from block to block in these tests. */
export const blockMs = 30;

export { internalToken };

export const serviceToken = "service-token-of-the-tests";

export interface SystemOptions {
  readonly devnet?: DevnetOptions;
  readonly environment?: Environment;
  readonly wrap?: ProductDeps["wrap"];
  /** Path and query of the RPC URL, where a provider's access key would stand. */
  readonly rpcPath?: string;
  /** The time, for the devnet and the product alike. The system's by default. */
  readonly clock?: Clock;
}

/** The whole product on a devnet, in this process, over real sockets. */
export interface System {
  readonly devnet: Devnet;
  readonly product: Product;
  /** Lines of all logs. */
  readonly logs: readonly string[];
  rest(walletId?: string): RestClient;
  /** Stops the product and starts another one on the same evidence, as after a crash or an update. */
  restart(environment?: Environment): Promise<void>;
  stopProduct(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const ports = systemPorts();
  const clock = options.clock ?? ports.clock;
  const devnetPorts = { ...devnetSystemPorts, now: () => clock.now() };
  const devnet = await startDevnet({ blockTimeMs: blockMs, ports: devnetPorts, ...options.devnet });
  const directory = mkdtempSync(join(tmpdir(), "system-"));
  const logs: string[] = [];
  const base: Environment = {
    ...productEnvironment(devnet),
    NEAR_RPC_URL: devnet.rpcUrl + (options.rpcPath ?? ""),
    DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}`,
    BIND_ADDR: "127.0.0.1:0",
    ...options.environment,
  };
  const start = (environment: Environment) => {
    const config = readProductConfig({ ...base, ...environment }, serviceToken);
    const deps: ProductDeps = {
      ports: { ...ports, clock },
      logger: (service) => createLogger(service, "trace", { write: (line) => void logs.push(line) }),
      ...(options.wrap === undefined ? {} : { wrap: options.wrap }),
    };
    return startProduct(config, deps, true);
  };
  let product: Product | undefined = await start({});
  const stopProduct = async () => {
    const running = product;
    product = undefined;
    await running?.stop();
  };
  const current = () => {
    if (product === undefined) throw new Error("the product is stopped");
    return product;
  };
  return {
    devnet,
    get product() {
      return current();
    },
    logs,
    rest: (walletId = "wallet-1") => new RestClient(() => current().restUrl, walletId, internalToken),
    stopProduct,
    async restart(environment = {}) {
      await stopProduct();
      product = await start(environment);
    },
    async stop() {
      await stopProduct();
      await devnet.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Starts a system for one test and stops it afterwards, whatever happens. */
export async function withSystem(options: SystemOptions, run: (system: System) => Promise<void>): Promise<void> {
  const system = await startSystem(options);
  try {
    await run(system);
  } finally {
    await system.stop();
  }
}
