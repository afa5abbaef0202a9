import type { Storage } from "../../contract.ts";
import type { Role } from "./state/config.ts";
import { VerifierState } from "./state/verifier-state.ts";

export interface VerifierGenesis {
  /** Millionths taken of each negative delta. */
  readonly feePips: number;
  readonly feeCollectorId: string;
  readonly wrappedNearId: string;
  /** 8 lower-case hex characters. */
  readonly salt: string;
  /** Administrators by role; `DAO` may do everything. */
  readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
}

/** Writes the state of a verifier that was deployed before genesis. Balances and keys: see the controls. */
export function initVerifier(storage: Storage, { salt, ...config }: VerifierGenesis): void {
  const state = new VerifierState(storage);
  state.config = config;
  state.salts.current = salt;
}
