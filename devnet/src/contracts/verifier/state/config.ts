/** Roles of the verifier's access control that this devnet's methods ask for. */
export type Role =
  | "DAO"
  | "FeesManager"
  | "GarbageCollector"
  | "SaltManager"
  | "UnrestrictedAccountLocker"
  | "UnrestrictedAccountUnlocker"
  | "UnrestrictedAccountManager";

export interface VerifierConfig {
  /** Millionths taken of each negative delta. */
  readonly feePips: number;
  readonly feeCollectorId: string;
  /** The token that storage deposits and native withdrawals are paid from. */
  readonly wrappedNearId: string;
  readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
}

/** The whole, in pips. */
export const MAX_PIPS = 1_000_000;
