import { sentTransactions, type WorkflowState } from "../../core/workflow/state.ts";
import type { Tools } from "../tools.ts";

type Needed = Pick<Tools, "conductor">;

/**
 * Lands a higher nonce on the access key of a transaction whose time has passed, so that it cannot land late: an
 * abandoned resume could start a chain of which members have timed out, and leave the gate stuck (decision 20).
 */
export async function burnNonce({ conductor }: Needed, state: WorkflowState, hash: string): Promise<void> {
  const sent = sentTransactions(state).find((transaction) => transaction.hash === hash);
  if (sent !== undefined) await conductor.burnNonce(sent.publicKey, state.requestId);
}
