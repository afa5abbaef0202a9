import type { PreparedTransaction } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { LandingGround } from "../../core/chain/landing.ts";
import type { Block, NearNode } from "../../core/ports/near-node.ts";
import { RpcRefused, RpcUnavailable } from "../../core/ports/near-node.ts";
import { findGround, type GroundNeeds, type GroundOf, type GroundsSoFar } from "./find-ground.ts";

/** A search through the chunks, down from a final block at or above the one at which the ground was read. */
export interface ChunkSearch {
  readonly ground: LandingGround;
  /** Hash of the block to look into next, base58. */
  readonly next: string;
  /** Height of the block above that one; undefined at the begin. */
  readonly below?: number;
}

/** What is remembered of a proof between two calls. */
export interface ProofSoFar extends GroundsSoFar {
  /** Unfinished searches, by hash. */
  readonly searches: Map<string, ChunkSearch>;
}

/** Blocks searched in one call. A whole validity period takes long, and a driver has to look and to stop in between. */
const blocksAtOnce = 20;

/**
 * Tries to prove that a transaction can never land and never did, where an unknown hash is not proof enough
 * (rule: shared-key-is-searched-in-chunks). There must be a ground, read at a final block; some final blocks later no endpoint
 * knows the hash; and no chunk from the transaction's own block up to the final one holds it. Takes several calls: while
 * `seen.searches` has the transaction, the search is unfinished.
 * @param groundOf for a key that others may hold too, or for our own
 * @returns the ground, or undefined while the transaction's fate is unknown
 * @throws RpcUnavailable; the next call goes on where the search stopped
 */
export async function proveAbsent(
  needs: GroundNeeds,
  transaction: PreparedTransaction,
  groundOf: GroundOf,
  seen: ProofSoFar,
): Promise<LandingGround | undefined> {
  const { hash } = transaction;
  const search = seen.searches.get(hash) ?? (await beginSearch(needs, transaction, groundOf, seen));
  if (search === undefined || typeof search === "string") return search;
  seen.searches.set(hash, search);
  const found = await goOn(needs.node, transaction, search, seen);
  if (found === "unfinished") return undefined;
  // A transaction that is found on the chain is only missing in the node's index.
  seen.searches.delete(hash);
  return found === "absent" ? search.ground : undefined;
}

/**
 * The transaction cannot land after the ground, so only the blocks from its own up to the ground are searched.
 * @returns the ground itself where the key's nonce alone decides: no node has kept these blocks
 */
async function beginSearch(
  needs: GroundNeeds,
  transaction: PreparedTransaction,
  groundOf: GroundOf,
  seen: ProofSoFar,
): Promise<ChunkSearch | LandingGround | undefined> {
  const key = await needs.node.accessKey(transaction.signerId, transaction.publicKey);
  const final = await needs.node.block({ finality: "final" });
  // The key was read at a later block, and that block may hold the transaction.
  if (key !== undefined && key.height > final.height) return undefined;
  const reading = { finalHeight: final.height, key, unknownAt: final.height };
  const found = await findGround(needs, transaction, reading, groundOf, seen);
  if (found?.confirmedBy === "nonce") return found.ground;
  return found?.confirmedBy === undefined ? undefined : { ground: found.ground, next: final.hash };
}

/** Goes down block by block, each by its hash in the block above, so that none can be missed. */
async function goOn(
  node: NearNode,
  transaction: PreparedTransaction,
  { ground, ...from }: ChunkSearch,
  seen: ProofSoFar,
): Promise<"landed" | "absent" | "unfinished"> {
  const { hash, blockHeight } = transaction;
  let wanted: Omit<ChunkSearch, "ground"> = from;
  try {
    for (let read = 0; read < blocksAtOnce; read += 1) {
      const { next, ...bound } = wanted;
      const block = await node.block({ hash: next, ...bound });
      if (block.height <= Number(blockHeight)) return "absent";
      const isIn = (await node.transactionsOf(block)).some((one) => one.hash === hash);
      if (isIn && !(await isVoidIn(node, transaction, block))) return "landed";
      wanted = { next: block.prevHash, below: block.height };
      seen.searches.set(hash, { ground, ...wanted });
    }
    return "unfinished";
  } catch (error) {
    // A block or a chunk that the node lacks proves nothing.
    if (error instanceof RpcRefused) throw new RpcUnavailable(error.message);
    throw error;
  }
}

/** Whether the block holds the transaction without an effect, since it was invalid there (rule: invalid-is-not-final). */
async function isVoidIn(
  node: NearNode,
  { hash, signerId, blockHeight }: PreparedTransaction,
  block: Block,
): Promise<boolean> {
  const recalled = await node.recall({ hash, signerId, since: Number(blockHeight), at: block.height });
  return recalled.kind === "unknown" && recalled.voidIn === block.hash;
}
