import { lockedBy } from "../../../core/gate/money.ts";
import type { EvidenceLog } from "../../../core/ports/evidence-log.ts";
import { sentTransactions, type WorkflowState } from "../../../core/workflow/state.ts";
import type { Follower } from "../../chain/follower.ts";
import type { GateSigner } from "../../gate/gate-signer.ts";
import { burnGas } from "../../gate/resume-call.ts";

export interface BurnNeeds {
  readonly gateSigner: GateSigner;
  readonly evidence: EvidenceLog;
  readonly follower: Follower;
}

/**
 * Lands a higher nonce on the access key of a transaction whose time has passed, so that it cannot land late: an
 * abandoned resume could start a chain with members that have timed out, and leave the gate stuck
 * (rule: abandoned-resume-is-burnt).
 */
export async function burnNonce(
  { gateSigner, evidence, follower }: BurnNeeds,
  state: WorkflowState,
  hash: string,
): Promise<void> {
  const sent = sentTransactions(state).find((transaction) => transaction.hash === hash);
  if (sent === undefined) return;
  // No record shows the cost of a burn, so the cost is counted before the send, and only once a transaction is signed.
  const costYocto = lockedBy(burnGas, follower.heads?.final.gasPrice ?? 0n);
  await gateSigner.burnNonce(sent.publicKey, state.requestId, () =>
    evidence.chargeOperator(state.walletId, state.requestId, costYocto),
  );
}
