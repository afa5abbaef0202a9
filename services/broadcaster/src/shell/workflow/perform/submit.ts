import type { DriverConfig } from "../../../config.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import type { EventInit } from "../../../core/workflow/action.ts";
import { isTooLateToSend } from "../../../core/workflow/in-time.ts";
import { sentTransactions, type WorkflowState } from "../../../core/workflow/state.ts";
import type { Follower } from "../../chain/follower.ts";
import type { KeyRing } from "../../chain/signing-key.ts";
import type { Sightings } from "../sightings.ts";

export interface SubmitNeeds {
  readonly relayer: KeyRing;
  readonly follower: Follower;
  readonly config: DriverConfig;
  readonly node: NearNode;
}

/**
 * Signs the transactions that carry these steps, appends them, and only then sends them, in the order of their nonces. A
 * failed send says nothing about a transaction: the node is asked for the hashes next.
 * @param append writes an event to the workflow's log
 */
export async function submit(
  { relayer, follower, config, node }: SubmitNeeds,
  state: WorkflowState,
  steps: readonly number[],
  seen: Sightings,
  append: (event: EventInit) => Promise<void>,
): Promise<void> {
  const heads = follower.heads;
  if (heads === undefined) throw new RangeError("submitting needs a block");
  const calls = steps.map((step) => ({
    receiverId: config.gateId,
    methodName: "submit_intent",
    args: { signed_delegate: state.steps[step]?.signed?.signedDelegateBase64 },
    gas: config.submitIntentGas + config.gateCallbackGas,
    deposit: 0n,
  }));
  await relayer.idlest.use(calls, heads.final, async (transactions) => {
    // Other transactions may have had the key for long, and heads of before an outage say nothing of what is too late now
    // (rule: window-is-judged-with-the-key).
    const head = () => follower.heads?.optimistic.height ?? heads.optimistic.height;
    if (!follower.isCurrent || isTooLateToSend(state, steps, head())) return;
    const submissions = transactions.map((transaction, index) => ({ step: steps[index] ?? 0, transaction }));
    await append({ case: "submissionsPrepared", value: { submissions } });
    for (const { hash, signedTransaction } of transactions) {
      seen.noteSent(hash, head());
      await node.send(signedTransaction);
    }
    // All transactions count from the last send: they are looked for together, once the last can be seen.
    for (const { hash } of transactions) seen.noteSent(hash, head());
  });
}

/** Sends the stored bytes again. */
export async function resend(
  { node, follower }: Pick<SubmitNeeds, "node" | "follower">,
  state: WorkflowState,
  hashes: readonly string[],
  seen: Sightings,
): Promise<void> {
  const transactions = sentTransactions(state).filter(({ hash }) => hashes.includes(hash));
  transactions.sort((a, b) => (a.nonce < b.nonce ? -1 : 1));
  for (const { hash, signedTransaction } of transactions) {
    seen.noteSent(hash, follower.heads?.optimistic.height ?? 0);
    await node.send(signedTransaction);
  }
}
