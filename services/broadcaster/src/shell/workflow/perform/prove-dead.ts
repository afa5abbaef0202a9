import { groundOf } from "../../../core/chain/landing.ts";
import { sentTransactions, type WorkflowState } from "../../../core/workflow/state.ts";
import { findGround, type GroundNeeds } from "../../chain/find-ground.ts";
import { proveAbsent } from "../../chain/prove-absent.ts";
import type { KeyRing } from "../../chain/signing-key.ts";
import type { Sightings } from "../sightings.ts";

export interface ProofNeeds extends GroundNeeds {
  readonly relayer: KeyRing;
  readonly approver: KeyRing;
}

/**
 * Tries to prove that a transaction can never land (rule: dead-needs-a-final-ground): first a ground is read at a final
 * block; then, at a later final head, no endpoint knows the hash. Takes two calls, some blocks apart; more for a cancel,
 * which is looked for in the chunks as well.
 * @returns the ground, or undefined while the transaction's fate is unknown
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
  // Whether a cancel executed decides what is said of its steps: an unknown hash is not proof enough.
  if (state.cancels.some((cancel) => cancel.transaction.hash === hash)) {
    return proveAbsent(needs, transaction, groundOf, seen);
  }
  const key = await node.accessKey(transaction.signerId, transaction.publicKey);
  const unknownAt = Math.max(final.height, key?.height ?? 0);
  const reading = { finalHeight: final.height, key, unknownAt };
  const found = await findGround(needs, transaction, reading, groundOf, seen);
  if (found === undefined) return undefined;
  needs.relayer.key(transaction.publicKey)?.lookAgain();
  needs.approver.key(transaction.publicKey)?.lookAgain();
  return found.confirmedBy === undefined ? undefined : found.ground;
}
