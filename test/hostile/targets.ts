import type { ServiceName } from "@outlayer/kit";

/** A wallet and its credentials. */
export interface Tenant {
  readonly walletId: string;
  readonly apiKey: string;
  /** Its implicit account. */
  readonly accountId: string;
}

/** What attackers know of the product, and what belongs to them. Plain data: it goes to their processes. */
export interface Targets {
  readonly restUrl: string;
  readonly grpc: Readonly<Record<ServiceName, string>>;
  readonly http: Readonly<Record<ServiceName, string>>;
  readonly gateId: string;
  readonly verifierId: string;
  /** The verifier's, for nonces, in hex. */
  readonly salt: string;
  /** By wallet id. */
  readonly hostile: Readonly<Record<string, Tenant>>;
  /** Texts that stand in honest wallets' records alone: an answer to somebody else that has one shows what is theirs. */
  readonly markers: readonly string[];
  readonly seed: number;
}

/** What the harness tells an attacker's process. */
export type Order =
  | { readonly kind: "attack"; readonly names: readonly string[]; readonly untilMs: number }
  | { readonly kind: "hold"; readonly name: string }
  /** Records of honest wallets that have come to be. */
  | { readonly kind: "honest"; readonly requestIds: readonly string[] }
  | { readonly kind: "carried"; readonly id: number; readonly error: string | null };

/** What it answers. */
export type Report =
  | { readonly kind: "tally"; readonly tally: import("./tally.ts").Tally }
  | { readonly kind: "done" }
  /** Asks that somebody with an account brings signed payloads to the verifier. */
  | { readonly kind: "carry"; readonly id: number; readonly payloads: readonly unknown[] };
