import type { PreparedTransaction } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { LandingGround } from "../../core/chain/landing.ts";
import type { NearNode } from "../../core/ports/near-node.ts";
import { RpcRefused, RpcUnavailable } from "../../core/ports/near-node.ts";
import { findGround, type GroundNeeds, type GroundOf, type GroundsSoFar } from "./find-ground.ts";

/** A search through the chunks, down from a final block at or above the one at which the ground was read. */
export interface ChunkSearch {
  readonly ground: LandingGround;
  /** Hash of the block to look into next, base58. */
  readonly next: string;
}

/** What is remembered of a proof between two calls. */
export interface ProofSoFar extends GroundsSoFar {
  /** Searches that are not through yet, by hash. */
  readonly searches: Map<string, ChunkSearch>;
}

/** Blocks searched in one go. A whole validity period takes long, and a driver has to look, and to stop when told to. */
const blocksAtOnce = 20;

/**
 * Tries to prove that a transaction can never land and never did, where that it is not known is not enough
 * (rule: shared-key-is-searched-in-chunks): a ground, read at a final block; some final blocks later no endpoint knows
 * its hash; and it is in no chunk from its own block up to the final one. Takes several calls: while `seen.searches` has
 * the transaction, the search is not through.
 * @param groundOf for a key that others may hold too, or for our own
 * @returns the ground, or undefined while its fate is unknown
 * @throws RpcUnavailable; what was searched by then need not be searched again
 */
export async function proveAbsent(
  needs: GroundNeeds,
  transaction: PreparedTransaction,
  groundOf: GroundOf,
  seen: ProofSoFar,
): Promise<LandingGround | undefined> {
  const { hash } = transaction;
  const search = seen.searches.get(hash) ?? (await beginSearch(needs, transaction, groundOf, seen));
  if (search === undefined) return undefined;
  seen.searches.set(hash, search);
  const found = await goOn(needs.node, transaction, search, seen);
  if (found === "unfinished") return undefined;
  // Found on the chain, it is only not in the node's index yet.
  seen.searches.delete(hash);
  return found === "absent" ? search.ground : undefined;
}

/** Past the ground it cannot land: what lies between the ground and its own block is all there is to search. */
async function beginSearch(
  needs: GroundNeeds,
  transaction: PreparedTransaction,
  groundOf: GroundOf,
  seen: ProofSoFar,
): Promise<ChunkSearch | undefined> {
  const key = await needs.node.accessKey(transaction.signerId, transaction.publicKey);
  const final = await needs.node.block({ finality: "final" });
  // The key may be as a later block has it, in which the transaction is.
  if (key !== undefined && key.height > final.height) return undefined;
  const reading = { finalHeight: final.height, keyNonce: key?.nonce, unknownAt: final.height };
  const found = await findGround(needs, transaction, reading, groundOf, seen);
  return found?.isConfirmed ? { ground: found.ground, next: final.hash } : undefined;
}

/** Goes from block to block by the hash of the one before, so that none can be missed. */
async function goOn(
  node: NearNode,
  { hash, blockHeight }: PreparedTransaction,
  { ground, next: from }: ChunkSearch,
  seen: ProofSoFar,
): Promise<"landed" | "absent" | "unfinished"> {
  let next = from;
  try {
    for (let read = 0; read < blocksAtOnce; read += 1) {
      const block = await node.block({ hash: next });
      if (block.height <= Number(blockHeight)) return "absent";
      if ((await node.transactionsOf(block)).some((transaction) => transaction.hash === hash)) return "landed";
      next = block.prevHash;
      seen.searches.set(hash, { ground, next });
    }
    return "unfinished";
  } catch (error) {
    // A block or a chunk that a node has not got proves nothing.
    if (error instanceof RpcRefused) throw new RpcUnavailable(error.message);
    throw error;
  }
}
