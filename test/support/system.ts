import { type Devnet, type DevnetOptions, systemPorts as devnetSystemPorts, startDevnet } from "@outlayer/devnet";
import type { Addresses } from "@outlayer/distributed";
import type { ProductDeps } from "@outlayer/embedded";
import { type Clock, type Environment, systemPorts } from "@outlayer/kit";
import { apiKey, internalToken, productEnvironment, serviceToken } from "./product-environment.ts";
import { RestClient } from "./rest-client.ts";
import { assertHoldNone, operatorSecrets, type Secrets, secretsOfEnvironment, secretsOnChain } from "./secrets.ts";
import { distributed } from "./shapes/distributed.ts";
import { embedded } from "./shapes/embedded.ts";
import type { Shape, ShapeOfSystem } from "./shapes.ts";

/** Milliseconds from block to block in these tests. */
export const blockMs = 30;

export { apiKey, internalToken, serviceToken };

export interface SystemOptions {
  /** Embedded by default. */
  readonly shape?: Shape;
  readonly devnet?: DevnetOptions;
  readonly environment?: Environment;
  /** Further variables, where they depend on the devnet. */
  readonly environmentOf?: (devnet: Devnet) => Environment;
  /** Embedded only. */
  readonly wrap?: ProductDeps["wrap"];
  /** Path and query of each RPC URL, where a provider's access key would stand. By default there is one URL without any. */
  readonly rpcPaths?: readonly string[];
  /** The time, for the devnet and the product alike. The system's by default. Embedded only. */
  readonly clock?: Clock;
  /** The chain's time, where it is to be another one than the product's. */
  readonly chainClock?: Clock;
}

/** The whole product on a devnet in this process, over real sockets. */
export interface System {
  readonly devnet: Devnet;
  /** Where it answers. */
  readonly product: Addresses;
  /** Lines of all logs. */
  readonly logs: readonly string[];
  /** What no log may hold, as of now. That they do not is looked at when it stops. */
  secrets(): readonly Secrets[];
  rest(walletId?: string): RestClient;
  /** Stops the product and starts another one on the same evidence, as after a crash or an update. */
  restart(environment?: Environment): Promise<void>;
  stopProduct(): Promise<void>;
  /** @throws AssertionError when a log holds a secret */
  stop(): Promise<void>;
}

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const clock = options.clock ?? systemPorts().clock;
  const logs: string[] = [];
  const shape = shapeOf(options, clock, (line) => void logs.push(line));
  const chainClock = options.chainClock ?? clock;
  const devnetPorts = { ...devnetSystemPorts, now: () => chainClock.now() };
  const devnet = await startDevnet({ blockTimeMs: blockMs, ports: devnetPorts, ...options.devnet });
  const base: Environment = {
    ...productEnvironment(devnet),
    NEAR_RPC_URL: (options.rpcPaths ?? [""]).map((path) => devnet.rpcUrl + path).join(),
    ...shape.environment,
    ...options.environment,
    ...options.environmentOf?.(devnet),
  };
  let product: Awaited<ReturnType<ShapeOfSystem["start"]>> | undefined;
  const stopProduct = async () => {
    const running = product;
    product = undefined;
    await running?.stop();
  };
  const end = async () => {
    try {
      await stopProduct();
    } finally {
      await devnet.close();
      await shape.remove();
    }
  };
  const environments = [base];
  const secrets = () => [...environments.map(secretsOfEnvironment), operatorSecrets(devnet), secretsOnChain(devnet)];
  const current = () => {
    if (product === undefined) throw new Error("the product is stopped");
    return product;
  };
  try {
    product = await shape.start(base);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    devnet,
    get product() {
      return current();
    },
    logs,
    secrets,
    rest: (walletId = "wallet-1") => new RestClient(() => current().restUrl, walletId, internalToken),
    stopProduct,
    async restart(environment = {}) {
      await stopProduct();
      environments.push({ ...base, ...environment });
      product = await shape.start({ ...base, ...environment });
    },
    async stop() {
      await end();
      assertHoldNone(logs, ...secrets());
    },
  };
}

function shapeOf(
  { shape = "embedded", wrap, clock }: SystemOptions,
  time: Clock,
  heard: (line: string) => void,
): ShapeOfSystem {
  if (shape === "embedded") return embedded(time, wrap, heard);
  if (wrap !== undefined || clock !== undefined) {
    throw new Error(
      "wrap and clock reach into the product's process: a distributed system has several, and takes neither",
    );
  }
  return distributed(heard);
}

/** Starts a system for one test and stops it afterwards, whatever happens. */
export async function withSystem(options: SystemOptions, run: (system: System) => Promise<void>): Promise<void> {
  const system = await startSystem(options);
  try {
    await run(system);
  } catch (error) {
    // What stopping finds must not stand in front of that.
    await system.stop().catch(() => undefined);
    throw error;
  }
  await system.stop();
}
