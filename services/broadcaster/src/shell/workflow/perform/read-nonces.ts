import type { BroadcasterConfig } from "../../../config.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import type { WorkflowState } from "../../../core/workflow/state.ts";
import type { Follower } from "../../chain/follower.ts";
import type { Sightings } from "../sightings.ts";

export interface NonceNeeds {
  readonly node: NearNode;
  readonly follower: Follower;
  readonly config: BroadcasterConfig;
}

/**
 * Reads whether payload nonces were used; not all of them where a node lags behind. The view runs at a final block. The time noted is
 * that of the final block known before the view was asked, so it is never later than the answer's block.
 * @returns whether all nonces were read
 */
export async function readNonces(
  { node, follower, config }: NonceNeeds,
  state: WorkflowState,
  steps: readonly number[],
  seen: Sightings,
): Promise<boolean> {
  const heads = follower.heads;
  if (heads === undefined || state.account === undefined) return false;
  for (const step of steps) {
    const nonce = state.steps[step]?.terms?.nonce;
    if (nonce === undefined || nonce === "") continue;
    const args = { account_id: state.account.accountId, nonce };
    const { value, height } = await node.view(config.verifierId, "is_nonce_used", args);
    // A node that lags behind answers for an older block than the time noted.
    if (height < heads.final.height) return false;
    seen.nonceUse.set(step, { used: value === true, timeMs: heads.final.timeMs, height: heads.final.height });
  }
  seen.noncesReadAt = heads.optimistic.height;
  return true;
}
