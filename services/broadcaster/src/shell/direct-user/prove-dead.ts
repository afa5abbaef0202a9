import { groundOnSharedKey } from "../../core/chain/landing.ts";
import type { Attempt } from "../../core/direct-user/state.ts";
import type { Tools } from "../tools.ts";
import type { CallSightings } from "./sightings.ts";

type Needed = Pick<Tools, "node" | "follower" | "validity">;

/** Final blocks between finding a ground and asking for the hash: a node's index may lag behind its state. */
const confirmAfter = 3;

/**
 * Tries to prove that a user's transaction can never land and never did (decision 2): a ground, read at a final block; some
 * final blocks later no endpoint knows its hash; and it is in no chunk from its own block up to the final one.
 * @returns the ground, or undefined while its fate is unknown
 * @throws RpcUnavailable; what was searched by then need not be searched again
 */
export async function proveCallDead(
  { node, follower, validity }: Needed,
  { transaction }: Attempt,
  seen: CallSightings,
): Promise<string | undefined> {
  const { hash, signerId, publicKey, nonce, blockHash } = transaction;
  const final = follower.heads?.final;
  if (final === undefined) return undefined;
  const key = await node.accessKey(signerId, publicKey);
  await follower.learn([blockHash]);
  const blockHeight = Number(transaction.blockHeight);
  const ground = groundOnSharedKey({
    nonce,
    blockHeight,
    validityBlocks: await validity.blocks(),
    finalHeight: final.height,
    keyNonce: key?.nonce,
    block: follower.place(blockHash),
  });
  if (ground === undefined) return undefined;
  const foundAt = seen.groundFoundAt.get(hash);
  if (foundAt === undefined) seen.groundFoundAt.set(hash, final.height);
  if (foundAt === undefined || final.height < foundAt + confirmAfter) return undefined;
  const height = Math.max(final.height, key?.height ?? 0);
  if (!(await node.isUnknownEverywhere(hash, signerId, height))) return undefined;
  // Past the ground it cannot land: what lies between the ground and its own block is all there is to search.
  return (await isOnChain(node, hash, { from: final.hash, downTo: blockHeight }, seen)) ? undefined : ground;
}

/** Goes from block to block by the hash of the one before, so that none can be missed. */
async function isOnChain(
  node: Needed["node"],
  hash: string,
  { from, downTo }: { readonly from: string; readonly downTo: number },
  seen: CallSightings,
): Promise<boolean> {
  let next = seen.searchedTo.get(hash) ?? from;
  for (;;) {
    const block = await node.block({ hash: next });
    if (block.height <= downTo) return false;
    if ((await node.transactionsOf(block)).some((transaction) => transaction.hash === hash)) return true;
    next = block.prevHash;
    seen.searchedTo.set(hash, next);
  }
}
