import type { Env } from "../../contract.ts";
import { require } from "../sdk/panic.ts";
import type { VerifierState } from "./state/verifier-state.ts";

/** The caller, as the account that a transaction acts for. @throws ContractPanic if that account disabled this */
export function authenticated(env: Env, { accounts }: VerifierState): string {
  const { predecessor } = env;
  const isEnabled = accounts.isAuthByPredecessorEnabled(predecessor);
  require(isEnabled, `authentication by PREDECESSOR_ID is disabled for account '${predecessor}'`);
  return predecessor;
}
