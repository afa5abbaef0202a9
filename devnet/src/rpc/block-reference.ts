import type { Block } from "../chain/block.ts";
import type { ChainView } from "../chain/chain-view.ts";
import { badParams, type Params } from "./params.ts";
import { handlerError, type RpcError } from "./rpc-error.ts";

/**
 * The block that `finality`, `block_id` (a height or a hash) or `sync_checkpoint` names.
 * @throws RpcError `UNKNOWN_BLOCK`
 */
export function referredBlock(view: ChainView, params: Params): Block {
  const { finality, block_id: id, sync_checkpoint: checkpoint } = params;
  if (finality !== undefined) return blockOfFinality(view, finality);
  if (checkpoint === "genesis") return view.chain.genesis;
  if (checkpoint === "earliest_available") return view.earliest();
  if (id !== undefined) return blockOfId(view, id);
  return badParams("expected one of `finality`, `block_id`, `sync_checkpoint`");
}

/** @throws RpcError `UNKNOWN_BLOCK` */
export function blockOfId(view: ChainView, id: unknown): Block {
  if (typeof id === "number" || typeof id === "bigint") {
    if (typeof id === "number" && !Number.isSafeInteger(id)) return badParams("invalid block height");
    return view.atHeight(BigInt(id)) ?? raise(unknownBlock(`BLOCK HEIGHT: ${id} \n Cause: Unknown`));
  }
  if (typeof id === "string") return view.byHash(id) ?? raise(unknownBlock(`BLOCK HEADER: ${id}`));
  return badParams("data did not match any variant of untagged enum BlockId");
}

export function unknownBlock(what: string): RpcError {
  return handlerError("UNKNOWN_BLOCK", {}, `DB Not Found Error: ${what}`);
}

function blockOfFinality(view: ChainView, finality: unknown): Block {
  switch (finality) {
    case "optimistic":
      return view.head;
    case "near-final":
      return view.nearFinal();
    case "final":
      return view.final();
    default:
      return badParams(`unknown variant \`${finality}\`, expected one of \`optimistic\`, \`near-final\`, \`final\``);
  }
}

function raise(error: RpcError): never {
  throw error;
}
