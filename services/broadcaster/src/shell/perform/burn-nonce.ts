import { sentTransactions, type WorkflowState } from "../../core/workflow/state.ts";
import type { Tools } from "../tools.ts";

type Needed = Pick<Tools, "conductor" | "relayer" | "follower" | "config" | "node">;

/**
 * Lands a higher nonce on the access key of a transaction whose time has passed, so that it cannot land late: an
 * abandoned resume could start a chain of which members have timed out, and leave the gate stuck (decision 20).
 */
export async function burnNonce(tools: Needed, state: WorkflowState, hash: string): Promise<void> {
  const { conductor, relayer, follower, config, node } = tools;
  const resume = state.resumes.find((candidate) => candidate.hash === hash)?.prepared.transaction;
  if (resume !== undefined) return conductor.burnNonce(resume.publicKey, state.requestId);
  const sent = sentTransactions(state).find((transaction) => transaction.hash === hash);
  const lane = sent === undefined ? undefined : relayer.lane(sent.publicKey);
  const block = follower.heads?.final;
  if (lane === undefined || block === undefined) return;
  // Refused by the gate for want of arguments, whatever the key may call: only the nonce counts.
  const call = {
    receiverId: config.gateId,
    methodName: "submit_intent",
    args: {},
    gas: 10_000_000_000_000n,
    deposit: 0n,
  };
  await lane.use([call], block, async ([transaction]) => {
    if (transaction !== undefined) await node.send(transaction.signedTransaction);
  });
}
