import { prepareReplicas, type Replica, type Replicas } from "@outlayer/distributed";
import type { Environment } from "@outlayer/kit";
import { compileCache } from "../support/compile-cache.ts";
import { drivesGate } from "../support/driving.ts";
import { type NamedCall, NodeCalls, serviceCall } from "./call-name.ts";
import { type Moment, type Passage, type Toll, tollOnNode, tollOnService } from "./toll.ts";
import type { Traps } from "./traps.ts";

export interface KilledBroadcasterOptions {
  readonly environment: Environment;
  readonly evidenceUrl: string;
  readonly signerProxyUrl: string;
  readonly rpcUrl: string;
  /** Of the node's endpoints, below its URL. */
  readonly rpcPaths: readonly string[];
  /** Where it is killed; several broadcasters may have the same. */
  readonly traps: Traps;
  /** A bug of `test/simulation/mutants.ts` that it has. */
  readonly mutant?: string | undefined;
}

/**
 * A broadcaster process as it is deployed, without any hook in it. Whatever it appends, signs, sends or reads passes a toll,
 * where it is killed when a trap says so, and another is started in its place at once.
 */
export class KilledBroadcaster {
  kills = 0;
  readonly #traps: Traps;
  readonly #replicas: Replicas;
  readonly #tolls: readonly Toll[];
  /** The one that runs. */
  #replica: Replica;
  #killing: Promise<void> | undefined;
  #isOver = false;

  private constructor(replicas: Replicas, tolls: readonly Toll[], traps: Traps) {
    this.#traps = traps;
    this.#replicas = replicas;
    this.#tolls = tolls;
    this.#replica = replicas.start("broadcaster");
  }

  static async start(options: KilledBroadcasterOptions): Promise<KilledBroadcaster> {
    let started: KilledBroadcaster | undefined;
    const nodeCalls = new NodeCalls();
    const meetWith = (name: (passage: Passage) => NamedCall) => async (passage: Passage, moment: Moment) =>
      (await started?.meet(name(passage), passage, moment)) ?? true;
    const node = (passage: Passage) => nodeCalls.call(passage);
    const [evidence, signerProxy, rpc] = await Promise.all([
      tollOnService(options.evidenceUrl, meetWith(serviceCall)),
      tollOnService(options.signerProxyUrl, meetWith(serviceCall)),
      tollOnNode(options.rpcUrl, meetWith(node)),
    ]);
    const urls = {
      EVIDENCE_URL: evidence.url,
      SIGNER_PROXY_URL: signerProxy.url,
      NEAR_RPC_URL: options.rpcPaths.map((path) => rpc.url + path).join(),
    };
    const { environment, mutant } = options;
    const further = mutant === undefined ? urls : { ...urls, ...mutated, MUTANT: mutant };
    const replicas = await prepareReplicas({ environment, compileCache, further: () => further });
    await warmUp(replicas);
    started = new KilledBroadcaster(replicas, [evidence, signerProxy, rpc], options.traps);
    return started;
  }

  /** Its h2c URL, the same for each that is started. */
  get url(): string {
    return this.#replicas.grpcUrl("broadcaster");
  }

  /** Resolves once the one that runs now drives. */
  async drives(): Promise<void> {
    await this.#replica.line(drivesGate);
  }

  /** Ends the process without a chance to put anything in order, and starts another. */
  kill(): Promise<void> {
    // Of calls that it made side by side more than one may be the last.
    this.#killing ??= this.#replace().finally(() => {
      this.#killing = undefined;
    });
    return this.#killing;
  }

  /** @returns whether the call goes on */
  async meet(call: NamedCall, passage: Passage, moment: Moment): Promise<boolean> {
    if (!this.#traps.springs(call, passage, moment)) return true;
    await this.kill();
    return false;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#killing;
    await this.#replicas.endAll("SIGKILL");
    await Promise.all(this.#tolls.map((toll) => toll.close()));
  }

  async #replace(): Promise<void> {
    this.kills += 1;
    await this.#replica.end("SIGKILL");
    if (!this.#isOver) this.#replica = this.#replicas.start("broadcaster");
  }
}

const mutated = { NODE_OPTIONS: `--import=${new URL("mutant.ts", import.meta.url).href}` };

let isWarm: Promise<void> | undefined;

/** What Node has compiled it keeps only of processes that end by themselves: one does, so that all others start fast. */
function warmUp(replicas: Replicas): Promise<void> {
  isWarm ??= (async () => {
    const replica = replicas.start("broadcaster");
    await replica.ready();
    await replica.end("SIGTERM");
  })();
  return isWarm;
}
