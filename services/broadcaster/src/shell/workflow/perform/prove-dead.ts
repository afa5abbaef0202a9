import { groundOf } from "../../../core/chain/landing.ts";
import { sentTransactions, type WorkflowState } from "../../../core/workflow/state.ts";
import { findGround, type GroundNeeds } from "../../chain/find-ground.ts";
import type { KeyRing } from "../../chain/key-lane.ts";
import { proveAbsent } from "../../chain/prove-absent.ts";
import type { Sightings } from "../sightings.ts";

export interface ProofNeeds extends GroundNeeds {
  readonly relayer: KeyRing;
  readonly approver: KeyRing;
}

/**
 * Tries to prove that a transaction can never land (rule: dead-needs-a-final-ground): first a ground, read at a final
 * block; then, at a final head past that, no endpoint knows its hash. Takes two calls, some blocks apart; of a cancel
 * more, which is looked for in the chunks as well.
 * @returns the ground, or undefined while its fate is unknown
 */
export async function proveDead(
  needs: ProofNeeds,
  state: WorkflowState,
  hash: string,
  seen: Sightings,
): Promise<string | undefined> {
  const { node, follower } = needs;
  const transaction = sentTransactions(state).find((sent) => sent.hash === hash);
  const final = follower.heads?.final;
  if (transaction === undefined || final === undefined) return undefined;
  // That it cannot have executed decides what is said of its step: not being known is not enough.
  if (state.cancels.some((cancel) => cancel.transaction.hash === hash)) {
    return proveAbsent(needs, transaction, groundOf, seen);
  }
  const key = await node.accessKey(transaction.signerId, transaction.publicKey);
  const unknownAt = Math.max(final.height, key?.height ?? 0);
  const reading = { finalHeight: final.height, keyNonce: key?.nonce, unknownAt };
  const found = await findGround(needs, transaction, reading, groundOf, seen);
  if (found === undefined) return undefined;
  needs.relayer.lane(transaction.publicKey)?.lookAgain();
  needs.approver.lane(transaction.publicKey)?.lookAgain();
  return found.isConfirmed ? found.ground : undefined;
}
