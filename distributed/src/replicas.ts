import { type Environment, type ServiceName, serviceNames } from "@outlayer/kit";
import { freePorts } from "./free-ports.ts";
import { Replica, type Variables } from "./replica.ts";
import { peers, urlVariable, variablesOf } from "./variables.ts";

export interface ReplicasOptions {
  /** The whole product's variables, as in docs/operator.md; addresses of the services are set here. */
  readonly environment: Environment;
  /** Most processes of each service; one by default. */
  readonly counts?: Partial<Record<ServiceName, number>>;
  /** Further variables of one process, above those of the environment. */
  readonly further?: (name: ServiceName, index: number) => Variables;
  /** With `https`, the certificates are among the further variables. */
  readonly scheme?: "http" | "https";
  /** Path of each service's program; the services' own mains by default. */
  readonly programs?: Readonly<Record<ServiceName, string>>;
  /** Directory of Node's compile cache, which halves the time of repeated starts. */
  readonly compileCache?: string;
  /** Gets each line of each log as it was written. */
  readonly heard?: (line: string) => void;
}

export interface Addresses {
  readonly restUrl: string;
  /** h2c URLs, or those of gRPC over TLS. */
  readonly grpc: Readonly<Record<ServiceName, string>>;
  /** HTTP/1.1 URLs. */
  readonly http: Readonly<Record<ServiceName, string>>;
}

interface Ports {
  readonly grpc: number;
  readonly http: number;
  /** The gateway's only. */
  readonly rest: number;
}

/**
 * The five services as processes of their own, one or several of each, on loopback ports that are fixed before they start: so they
 * start in any order, and restart where they were. The caller with index i calls the process i of another service, modulo their
 * number.
 */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #ports: ReadonlyMap<string, Ports>;
  readonly #releasePorts: () => void;
  readonly #running = new Map<string, Replica>();

  /** @param releasePorts lets others have the ports */
  constructor(options: ReplicasOptions, ports: ReadonlyMap<string, Ports>, releasePorts: () => void) {
    this.#options = options;
    this.#ports = ports;
    this.#releasePorts = releasePorts;
  }

  /** Starts a process of a service, whether or not others are there. */
  start(name: ServiceName, index = 0): Replica {
    const { environment, further, compileCache, programs, heard } = this.#options;
    const variables = {
      ...(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }),
      ...variablesOf(name, environment),
      ...this.#addresses(name, index),
      ...further?.(name, index),
    };
    const replica = new Replica(name, variables, heard, programs?.[name]);
    this.#running.set(label(name, index), replica);
    return replica;
  }

  /** Starts all of all services, and waits until they are ready. */
  async startAll(): Promise<void> {
    const all = serviceNames.flatMap((name) => this.#indices(name).map((index) => this.start(name, index)));
    await Promise.all(all.map((replica) => replica.ready()));
  }

  running(name: ServiceName, index = 0): Replica {
    const replica = this.#running.get(label(name, index));
    if (replica === undefined) throw new Error(`${label(name, index)} was not started`);
    return replica;
  }

  /** An h2c URL, or that of gRPC over TLS. */
  grpcUrl(name: ServiceName, index = 0): string {
    return `${this.#options.scheme ?? "http"}://127.0.0.1:${this.#portsOf(name, index).grpc}`;
  }

  httpUrl(name: ServiceName, index = 0): string {
    return `http://127.0.0.1:${this.#portsOf(name, index).http}`;
  }

  /** A gateway's URL of REST. */
  restUrl(index = 0): string {
    return `http://127.0.0.1:${this.#portsOf("gateway", index).rest}`;
  }

  /** Addresses of the first process of each service. */
  addresses(): Addresses {
    return {
      restUrl: this.restUrl(),
      grpc: byService((name) => this.grpcUrl(name)),
      http: byService((name) => this.httpUrl(name)),
    };
  }

  /** Ends everything that runs. @returns exit codes by service, and by `<service>-<index>` for all but the first */
  async endAll(signal?: NodeJS.Signals): Promise<Readonly<Record<string, number | null>>> {
    const ending = [...this.#running].map(async ([name, replica]) => [name, await replica.end(signal)] as const);
    this.#running.clear();
    const codes = Object.fromEntries(await Promise.all(ending));
    this.#releasePorts();
    return codes;
  }

  #addresses(name: ServiceName, index: number): Variables {
    const { grpc, http, rest } = this.#portsOf(name, index);
    const urls = peers[name].map((peer) => {
      const of = index % this.#indices(peer).length;
      return [urlVariable(peer), this.grpcUrl(peer, of)];
    });
    return {
      ...Object.fromEntries(urls),
      ...(name === "gateway" ? { BIND_ADDR: `127.0.0.1:${rest}` } : {}),
      GRPC_BIND_ADDR: `127.0.0.1:${grpc}`,
      HTTP_BIND_ADDR: `127.0.0.1:${http}`,
    };
  }

  #indices(name: ServiceName): readonly number[] {
    return indices(this.#options, name);
  }

  #portsOf(name: ServiceName, index: number): Ports {
    const ports = this.#ports.get(label(name, index));
    if (ports === undefined) throw new Error(`there is no ${label(name, index)}`);
    return ports;
  }
}

/** Finds ports for all processes, and starts none. */
export async function prepareReplicas(options: ReplicasOptions): Promise<Replicas> {
  const labels = serviceNames.flatMap((name) => indices(options, name).map((index) => label(name, index)));
  const { ports: free, release } = await freePorts(3 * labels.length);
  const ports = labels.map((each, at) => {
    const [grpc = 0, http = 0, rest = 0] = free.slice(3 * at);
    return [each, { grpc, http, rest }] as const;
  });
  return new Replicas(options, new Map(ports), release);
}

function indices({ counts }: ReplicasOptions, name: ServiceName): readonly number[] {
  return Array.from({ length: counts?.[name] ?? 1 }, (_, index) => index);
}

function byService(urlOf: (name: ServiceName) => string): Record<ServiceName, string> {
  return Object.fromEntries(serviceNames.map((name) => [name, urlOf(name)])) as Record<ServiceName, string>;
}

function label(name: ServiceName, index: number): string {
  return index === 0 ? name : `${name}-${index}`;
}
