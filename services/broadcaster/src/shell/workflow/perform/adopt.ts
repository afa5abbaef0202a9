import { create } from "@bufbuild/protobuf";
import { type AcceptedSubmission, AcceptedSubmissionSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { DriverConfig } from "../../../config.ts";
import { readSubmission } from "../../../core/chain/submission-view.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import { delegateSignerOf, type WorkflowState } from "../../../core/workflow/state.ts";
import type { GateReader } from "../../gate/gate-reader.ts";

export interface AdoptNeeds {
  readonly node: NearNode;
  readonly gate: GateReader;
  readonly config: DriverConfig;
}

/** Most blocks that are searched: a pending intent lives 200, and a delegate is valid for about as long before. */
const mostSearched = 400;

/**
 * Finds whose submission used up a step's delegate nonce (rule: used-nonce-is-looked-up): an earlier transaction of ours,
 * or, by sender and nonce among the pending intents, anybody's. Then finds that submission's transaction: the intent's
 * later life shows only there.
 */
export async function adopt(
  tools: AdoptNeeds,
  state: WorkflowState,
  step: number,
): Promise<AcceptedSubmission | "none"> {
  return (await findOwn(tools, state, step)) ?? (await findForeign(tools, state, step)) ?? "none";
}

async function findOwn(
  { node, config }: AdoptNeeds,
  state: WorkflowState,
  step: number,
): Promise<AcceptedSubmission | undefined> {
  for (const { transaction } of state.steps[step]?.submissions ?? []) {
    const status = await node.transaction(transaction.hash, transaction.signerId);
    if (status === undefined) continue;
    const { submission } = readSubmission(status, config.gateId, state.calls[step]?.receiverId ?? "");
    if (submission.kind !== "accepted") continue;
    const block = await node.block({ hash: submission.blockHash });
    return accepted(step, transaction, submission.intentId, block);
  }
  return undefined;
}

async function findForeign(
  { node, gate, config }: AdoptNeeds,
  state: WorkflowState,
  step: number,
): Promise<AcceptedSubmission | undefined> {
  const signed = state.steps[step]?.signed;
  if (signed === undefined || state.account === undefined) return undefined;
  const pending = await gate.findPending(delegateSignerOf(state.account).accountId, signed.delegateNonce);
  if (pending === undefined) return undefined;
  const block = await node.block({ height: pending.submittedAtBlock });
  // Whoever signs it, or hands it on, has the delegate before we send it: only before its signature had nobody seen it.
  const signedAt = Number(signed.maxBlockHeight) - config.delegateValidityBlocks;
  // The setting may have been another one then.
  const sent = state.steps[step]?.submissions.map(({ transaction }) => Number(transaction.blockHeight)) ?? [];
  const above = Math.min(signedAt, ...sent);
  const wanted = { gateId: config.gateId, signedDelegate: signed.signedDelegateBase64, above };
  const transaction = await findCarrier(node, block.hash, wanted);
  return transaction === undefined ? undefined : accepted(step, transaction, pending.intentId, block);
}

/**
 * Finds the transaction that handed in a delegate, down from the block in which the gate accepted the delegate. A receipt runs the
 * block after its transaction at the earliest; missed chunks and congestion delay it.
 */
async function findCarrier(
  node: NearNode,
  fromHash: string,
  {
    gateId,
    signedDelegate,
    above,
  }: { readonly gateId: string; readonly signedDelegate: string; readonly above: number },
) {
  let hash = fromHash;
  for (let count = 0; count < mostSearched; count += 1) {
    const block = await node.block({ hash });
    if (block.height <= above) return undefined;
    const found = (await node.transactionsOf(block)).find(
      ({ receiverId, calls }) =>
        receiverId === gateId &&
        calls.some(
          ({ methodName, args }) =>
            methodName === "submit_intent" && new TextDecoder().decode(args).includes(signedDelegate),
        ),
    );
    if (found !== undefined) return found;
    hash = block.prevHash;
  }
  return undefined;
}

function accepted(
  step: number,
  { hash, signerId }: { hash: string; signerId: string },
  intentId: string,
  block: { hash: string; height: number },
): AcceptedSubmission {
  const blockHeight = BigInt(block.height);
  return create(AcceptedSubmissionSchema, {
    step,
    txHash: hash,
    signerId,
    intentId,
    blockHash: block.hash,
    blockHeight,
  });
}
