import { decodeBase64, encodeHex, readVerifierNonce } from "@outlayer/near";
import type { DriverConfig } from "../../../config.ts";
import { isViewMissing } from "../../../core/chain/panic-text.ts";
import { type NearNode, ViewFailed } from "../../../core/ports/near-node.ts";
import type { NonceUse } from "../../../core/workflow/outcomes.ts";
import { payloadsOf } from "../../../core/workflow/payloads.ts";
import type { WorkflowState } from "../../../core/workflow/state.ts";
import type { Follower } from "../../chain/follower.ts";
import type { Sightings } from "../sightings.ts";

export interface NonceNeeds {
  readonly node: NearNode;
  readonly follower: Follower;
  readonly config: DriverConfig;
}

/**
 * Reads which payload nonces were used, of those that were not yet; not all of them where a node lags behind. The view runs at a
 * final block. The time noted is that of the final block known before the view was asked, so it is never later than the answer's.
 * @returns whether all nonces were read
 */
export async function readNonces(
  tools: NonceNeeds,
  state: WorkflowState,
  steps: readonly number[],
  seen: Sightings,
): Promise<boolean> {
  const { node, follower, config } = tools;
  const heads = follower.heads;
  if (heads === undefined) return false;
  for (const index of steps) {
    const step = state.steps[index];
    if (step === undefined) continue;
    // What a session has signed itself is possible before the wallet's account was asked for.
    const accountId = step.own[0]?.signerId ?? state.account?.accountId;
    if (accountId === undefined) return false;
    const before = seen.nonceUse.get(index) ?? [];
    const { timeMs, height: finalHeight } = heads.final;
    const uses: NonceUse[] = [];
    for (const [at, { nonce, deadlineMs }] of payloadsOf(step).entries()) {
      // What was used at a final block stays used, even if the verifier forgets it. Such a step is never signed anew with another nonce.
      if (before[at]?.used) {
        uses.push({ used: true, timeMs, height: finalHeight, mayBeForgotten: false });
        continue;
      }
      const { value, height } = await node.view(config.verifierId, "is_nonce_used", { account_id: accountId, nonce });
      // A node that lags behind answers for an older block than the time noted.
      if (height < finalHeight) return false;
      // Before the deadline an unused nonce decides nothing.
      const isDecisive = value !== true && timeMs > Number(deadlineMs);
      const mayBeForgotten = isDecisive ? await mayForget(tools, nonce, height) : false;
      if (mayBeForgotten === undefined) return false;
      uses.push({ used: value === true, timeMs, height: finalHeight, mayBeForgotten });
    }
    seen.nonceUse.set(index, uses);
  }
  seen.noncesReadAt = heads.optimistic.height;
  return true;
}

/**
 * Whether the verifier may have forgotten by now that a nonce was used: `cleanup_nonces` takes versioned nonces that have expired or
 * whose salt is invalid (rule: unused-nonce-counts-while-kept).
 * @param leastHeight of the answer that calls the nonce unused @returns undefined where the node lags behind that answer
 */
async function mayForget(
  { node, follower, config }: NonceNeeds,
  nonceBase64: string,
  leastHeight: number,
): Promise<boolean | undefined> {
  const nonce = readVerifierNonce(decodeBase64(nonceBase64));
  if (nonce === undefined) return false;
  // The answer's block is no later than the newest that is seen once it has come.
  const timeMs = Math.max(follower.timeMs ?? 0, follower.heads?.optimistic.timeMs ?? 0);
  if (BigInt(Math.ceil(timeMs)) * 1_000_000n > nonce.deadlineNs) return true;
  try {
    // A salt that is invalid never becomes valid again, so one that is valid now was valid at the answer's block.
    const { value, height } = await node.view(config.verifierId, "is_valid_salt", { salt: encodeHex(nonce.salt) });
    return height < leastHeight ? undefined : value !== true;
  } catch (error) {
    // A verifier without salts forgets no nonces either.
    if (error instanceof ViewFailed && isViewMissing(error.text)) return false;
    throw error;
  }
}
