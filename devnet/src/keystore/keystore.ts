import type { CallCounters } from "../control/counters.ts";
import { type FaultPlan, underFaults } from "../control/faults.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer, textAnswer } from "../control/http-server.ts";
import { stringifyLossless } from "../control/lossless-json.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Ports } from "../ports.ts";
import { type BodyFields, readBody } from "./body.ts";
import { type DerivedKey, KeyDerivation } from "./derivation.ts";
import type { Answer, Endpoint, KeystoreChain, KeystoreServices } from "./endpoint.ts";
import { checkPolicy } from "./endpoints/check-policy.ts";
import { deriveAddress } from "./endpoints/derive-address.ts";
import { prepareKey } from "./endpoints/prepare-key.ts";
import { signDelegate } from "./endpoints/sign-delegate.ts";
import { signNep413 } from "./endpoints/sign-nep413.ts";
import { signScopedCalls } from "./endpoints/sign-scoped-calls.ts";
import type { PolicyDocument } from "./policy.ts";
import { BodyRefusal, KeystoreRefusal } from "./refusal.ts";

export interface KeystoreOptions {
  readonly ports: Ports;
  /** Milliseconds since the epoch, by the devnet's clock. */
  readonly now: () => number;
  readonly faults: FaultPlan;
  readonly counters: CallCounters;
  readonly chain: KeystoreChain;
  /** 32 bytes. */
  readonly masterSecret: Uint8Array;
  /** Lower-case hex SHA-256 of the accepted tokens. */
  readonly tokenHashes: readonly string[];
}

/** Whether the keystore has its master key, and which message it gives while it has none. */
export type Readiness = "ready" | "not_ready" | "waiting_for_key";

const notReady: Readonly<Record<Exclude<Readiness, "ready">, string>> = {
  not_ready: "Keystore not ready.",
  waiting_for_key: "Keystore not ready. Waiting for DAO approval and master key from MPC.",
};

/** Reads the body, and returns the work as a function. */
type Opened = (body: BodyFields) => (services: KeystoreServices) => Answer | Promise<Answer>;

const endpoints: ReadonlyMap<string, Opened> = new Map([
  ["/wallet/derive-address", opened(deriveAddress)],
  ["/wallet/check-policy", opened(checkPolicy)],
  ["/wallet/sign-nep413", opened(signNep413)],
  ["/wallet/sign-nep366-delegate", opened(signDelegate)],
  ["/wallet/direct-user/prepare-function-call-key", opened(prepareKey)],
  ["/wallet/direct-user/sign-scoped-function-calls", opened(signScopedCalls)],
]);

/**
 * The OutLayer keystore's HTTP API, called by HTTP requests but without a socket of its own. Refuses in this order: token,
 * body, readiness, fields.
 */
export class Keystore {
  /** Away, it breaks every connection. */
  isAway = false;
  /** Delay before every answer, milliseconds. */
  delayMs = 0;
  readiness: Readiness = "ready";
  readonly #options: KeystoreOptions;
  readonly #services: KeystoreServices;
  readonly #policies = new Map<string, PolicyDocument>();
  readonly #frozen = new Set<string>();

  constructor(options: KeystoreOptions) {
    this.#options = options;
    this.#services = {
      keys: new KeyDerivation(options.masterSecret),
      rules: { policy: (id) => this.#policies.get(id), isFrozenByController: (id) => this.isFrozen(id) },
      chain: options.chain,
      now: options.now,
    };
  }

  /** A wallet's own key. */
  walletKey(walletId: string): DerivedKey {
    return this.#services.keys.wallet(walletId);
  }

  policy(walletId: string): PolicyDocument | undefined {
    return this.#policies.get(walletId);
  }

  setPolicy(walletId: string, policy: PolicyDocument | undefined): void {
    if (policy === undefined) this.#policies.delete(walletId);
    else this.#policies.set(walletId, policy);
  }

  isFrozen(walletId: string): boolean {
    return this.#frozen.has(walletId);
  }

  /** Freezes a wallet on chain, or thaws it; its policy's own `frozen` does not change. */
  setFrozen(walletId: string, isFrozen: boolean): void {
    if (isFrozen) this.#frozen.add(walletId);
    else this.#frozen.delete(walletId);
  }

  readonly handle = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (this.isAway) return "reset";
    const { ports, faults, counters } = this.#options;
    counters.count("keystore", [request.path]);
    const slow = this.delayMs > 0 ? [{ kind: "delay", ms: this.delayMs } as const] : [];
    const befalling = [...slow, ...faults.take("keystore", [request.path])];
    return underFaults(faults, befalling, ports, async () => this.#answer(request));
  };

  async #answer(request: HttpRequest): Promise<HttpAnswer> {
    const endpoint = endpoints.get(request.path);
    if (endpoint === undefined) return textAnswer(404, "");
    if (request.method !== "POST") return textAnswer(405, "");
    try {
      this.#checkToken(request.headers.authorization);
      const work = endpoint(readBody(request));
      if (this.readiness !== "ready") throw new KeystoreRefusal(401, notReady[this.readiness]);
      return jsonAnswer(200, stringifyLossless(await work(this.#services)));
    } catch (error) {
      if (error instanceof BodyRefusal) return textAnswer(error.status, error.message);
      if (error instanceof KeystoreRefusal)
        return jsonAnswer(error.status, stringifyLossless({ error: error.message }));
      throw error;
    }
  }

  #checkToken(header: string | undefined): void {
    if (header === undefined) throw new KeystoreRefusal(401, "Missing Authorization header");
    const scheme = "Bearer ";
    if (!header.startsWith(scheme)) throw new KeystoreRefusal(401, "Invalid Authorization format");
    if (!this.#options.tokenHashes.includes(tokenHash(header.slice(scheme.length)))) {
      throw new KeystoreRefusal(401, "Invalid coordinator token");
    }
  }
}

function opened<T>(endpoint: Endpoint<T>): Opened {
  return (body) => {
    const request = endpoint.read(body);
    return (services) => endpoint.run(services, request);
  };
}

/** Lower-case hex SHA-256: tokens themselves are not kept. */
export function tokenHash(token: string): string {
  return Buffer.from(sha256(Buffer.from(token))).toString("hex");
}
