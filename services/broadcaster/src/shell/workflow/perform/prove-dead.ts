import { groundOf } from "../../../core/chain/landing.ts";
import { sentTransactions, type WorkflowState } from "../../../core/workflow/state.ts";
import { proveAbsent } from "../../chain/prove-absent.ts";
import type { ValidityPeriod } from "../../chain/validity-period.ts";
import type { Tools } from "../../tools.ts";
import type { Sightings } from "../sightings.ts";

type Needed = Pick<Tools, "node" | "follower" | "relayer" | "approver"> & { readonly validity: ValidityPeriod };

/** Final blocks between finding a ground and asking for the hash: a node's index may lag behind its state. */
const confirmAfter = 3;

/**
 * Tries to prove that a transaction can never land (rule: dead-needs-a-final-ground): first a ground, read at a final
 * block; then, at a final head past that, no endpoint knows its hash. Takes two calls, some blocks apart; of a cancel
 * more, which is looked for in the chunks as well.
 * @returns the ground, or undefined while its fate is unknown
 */
export async function proveDead(
  tools: Needed,
  state: WorkflowState,
  hash: string,
  seen: Sightings,
): Promise<string | undefined> {
  const { node, follower, validity } = tools;
  const transaction = sentTransactions(state).find((sent) => sent.hash === hash);
  const final = follower.heads?.final;
  if (transaction === undefined || final === undefined) return undefined;
  // That it cannot have executed decides what is said of its step: not being known is not enough.
  if (state.cancels.some((cancel) => cancel.transaction.hash === hash)) {
    return proveAbsent(tools, transaction, groundOf, seen);
  }
  const key = await node.accessKey(transaction.signerId, transaction.publicKey);
  await follower.learn([transaction.blockHash]);
  const ground = groundOf({
    nonce: transaction.nonce,
    blockHeight: Number(transaction.blockHeight),
    validityBlocks: await validity.blocks(),
    finalHeight: final.height,
    keyNonce: key?.nonce,
    block: follower.place(transaction.blockHash),
  });
  if (ground === undefined) return undefined;
  tools.relayer.lane(transaction.publicKey)?.lookAgain();
  tools.approver.lane(transaction.publicKey)?.lookAgain();
  const foundAt = seen.groundFoundAt.get(hash);
  if (foundAt === undefined) seen.groundFoundAt.set(hash, final.height);
  if (foundAt === undefined || final.height < foundAt + confirmAfter) return undefined;
  const height = Math.max(final.height, key?.height ?? 0);
  return (await node.isUnknownEverywhere(hash, transaction.signerId, height)) ? ground : undefined;
}
