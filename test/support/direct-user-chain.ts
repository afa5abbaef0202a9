import { transactions } from "./chain-dump.ts";
import { scope } from "./direct-user.ts";
import type { System } from "./system.ts";

/** Transactions of the user to the counter that are on the chain. */
export const calls = (system: System) =>
  transactions(system.devnet).filter(
    ({ transaction }) => transaction.signer_id === scope.user_id && transaction.receiver_id === scope.receiver_id,
  );
