import type { Devnet, Fault } from "@outlayer/devnet";
import type { Dice } from "./dice.ts";
import type { Tally } from "./tally.ts";

/** How badly nodes and keystore behave: chances per call. */
export interface NodeWeather {
  readonly fail: number;
  readonly lag: number;
  readonly hideTransaction: number;
  readonly arriveLate: number;
  readonly keystore: number;
}

export const goodNodes: NodeWeather = { fail: 0, lag: 0, hideTransaction: 0, arriveLate: 0, keystore: 0 };

/** One endpoint of the RPC: a way to the devnet with troubles of its own. */
interface Endpoint {
  readonly url: string;
  readonly name: string;
  isAway: boolean;
  /** What is wrong with it for a while: it lags, stands still, leaves out transactions, or is not on some shards. */
  lasting: Fault | undefined;
}

/** Two RPC endpoints and the keystore, with the devnet's own faults on single calls. */
export class Nodes {
  weather: NodeWeather = goodNodes;
  /** How long a key is looked at, a signature made, and a transaction taken; milliseconds. */
  signingTakesMs = 0;
  readonly endpoints: readonly Endpoint[] = ["one", "two"].map((name) => ({
    url: `http://${name}.rpc.invalid`,
    name,
    isAway: false,
    lasting: undefined,
  }));
  readonly #devnet: Devnet;
  readonly #dice: Dice;
  readonly #tally: Tally;
  #calls = 0;

  constructor(devnet: Devnet, dice: Dice, tally: Tally) {
    this.#devnet = devnet;
    this.#dice = dice;
    this.#tally = tally;
  }

  get urls(): readonly string[] {
    return this.endpoints.map(({ url }) => url);
  }

  /** Names a call in the trace. */
  label(url: string, body: string): string {
    const what = [...body.matchAll(/"(?:method|request_type|method_name)":"(\w+)"/g)].map(([, name]) => name);
    const hash = /"tx_hash":"(\w{6})/.exec(body)?.[1] ?? "";
    return `${this.endpoints.find((endpoint) => endpoint.url === url)?.name} ${what.join(" ")} ${hash}`.trim();
  }

  async rpc(url: string, init: RequestInit): Promise<Response> {
    const endpoint = this.endpoints.find((candidate) => candidate.url === url);
    if (endpoint === undefined || endpoint.isAway) throw new TypeError("fetch failed");
    this.#calls += 1;
    const path = `/${endpoint.name}/${this.#calls}`;
    const { faults } = this.#devnet.controls;
    const rules = this.#faultsOf(endpoint, String(init.body)).map((fault) => {
      this.#tally.fault(fault.kind);
      return faults.add({ target: "rpc", method: `POST ${path}`, count: 1, fault });
    });
    try {
      return await this.#devnet.fetch(`${this.#devnet.rpcUrl}${path}`, init);
    } finally {
      for (const { id } of rules) faults.remove(id);
    }
  }

  async keystore(url: string, init: RequestInit): Promise<Response> {
    const { faults } = this.#devnet.controls;
    const fault = this.#dice.chance(this.weather.keystore) ? this.#failure() : this.#slowness(url);
    if (fault === undefined) return this.#devnet.fetch(url, init);
    this.#tally.fault(`keystore_${fault.kind}`);
    const { pathname } = new URL(url);
    const rule = faults.add({ target: "keystore", method: pathname, count: 1, fault });
    try {
      return await this.#devnet.fetch(url, init);
    } finally {
      faults.remove(rule.id);
    }
  }

  #slowness(url: string): Fault | undefined {
    return this.signingTakesMs > 0 && url.includes("/sign") ? { kind: "delay", ms: this.signingTakesMs } : undefined;
  }

  #faultsOf(endpoint: Endpoint, body: string): Fault[] {
    const { fail, lag, hideTransaction, arriveLate } = this.weather;
    const dice = this.#dice;
    const faults: Fault[] = [];
    if (endpoint.lasting !== undefined) faults.push(endpoint.lasting);
    else if (dice.chance(lag)) faults.push({ kind: "lag", blocks: dice.between(1, 4) });
    if (body.includes("EXPERIMENTAL_tx_status") && dice.chance(hideTransaction)) {
      faults.push({ kind: "unknown_transaction", blocks: dice.between(1, 5) });
    }
    if (body.includes("send_tx") && dice.chance(arriveLate)) {
      faults.push({ kind: "arrive_late", blocks: dice.between(1, 6) });
    }
    if (this.signingTakesMs > 0 && /"(?:send_tx|view_access_key)"/.test(body)) {
      faults.push({ kind: "delay", ms: this.signingTakesMs });
    }
    if (dice.chance(fail)) faults.push(this.#failure());
    return faults;
  }

  #failure(): Fault {
    const dice = this.#dice;
    switch (dice.between(0, 5)) {
      case 0:
        return { kind: "too_many_requests", retry_after_secs: dice.chance(0.5) ? dice.between(1, 3) : null };
      case 1:
        return { kind: "server_error" };
      case 2:
        return { kind: "html", status: dice.pick([200, 502]) };
      case 3:
        return { kind: "reset" };
      case 4:
        return { kind: "delay", ms: dice.between(500, 6_000) };
      default:
        return { kind: "lost" };
    }
  }
}
