import type { Block } from "../../chain/block.ts";
import { type ChainView, StatePrunedError } from "../../chain/chain-view.ts";
import type { StateView } from "../../chain/state.ts";
import type { Action } from "../../chain/types.ts";
import { formatKey } from "../../crypto/keys.ts";
import { referredBlock, unknownBlock } from "../block-reference.ts";
import { badParams, namedParams, type Params, textParam } from "../params.ts";
import type { RpcCall } from "../rpc-call.ts";
import { accessKeyShape } from "../shapes/action-shape.ts";

/** `all_access_key_changes`: what a block did to the access keys of accounts. A node keeps no other changes here. */
export function changes(call: RpcCall, given: unknown): unknown {
  const params = namedParams(given);
  const type = textParam(params, "changes_type");
  if (type !== "all_access_key_changes") return badParams(`unknown variant \`${type}\` of changes_type`);
  const ids = accountIds(params);
  const view = call.view();
  const block = referredBlock(view, params);
  const [before, after] = statesAround(view, block);
  const found = ids
    .filter((id) => call.shards.includes(id))
    .flatMap((id) => changesOf(block, id, before, after).map((change) => ({ ...change, account: id })));
  return {
    block_hash: block.hash,
    changes: found.map(({ account, cause, type, publicKey, accessKey }) => ({
      cause,
      type,
      change: {
        account_id: account,
        public_key: publicKey,
        ...(accessKey === undefined ? {} : { access_key: accessKey }),
      },
    })),
  };
}

function accountIds({ account_ids: given }: Params): readonly string[] {
  if (!Array.isArray(given) || !given.every((id) => typeof id === "string"))
    return badParams("missing field `account_ids`");
  return given;
}

function statesAround(view: ChainView, block: Block): readonly [before: StateView, after: StateView] {
  try {
    const parent = view.byHash(block.prevHash) ?? view.chain.genesis;
    return [view.stateAt(parent), view.stateAt(block)];
  } catch (error) {
    if (error instanceof StatePrunedError) throw unknownBlock(`BLOCK HEADER: ${block.hash}`);
    throw error;
  }
}

function changesOf(block: Block, id: string, before: StateView, after: StateView) {
  const keys = new Set([...before.publicKeys(id), ...after.publicKeys(id)]);
  return [...keys].flatMap((publicKey) => {
    const now = after.accessKey(id, publicKey);
    if (now === before.accessKey(id, publicKey)) return [];
    const type = now === undefined ? "access_key_deletion" : "access_key_update";
    const accessKey = now === undefined ? undefined : accessKeyShape(now);
    return [{ type, publicKey, accessKey, cause: causeOf(block, id, publicKey, now !== undefined) }];
  });
}

/** The transaction or receipt that touched the key; what was changed by hand counts as a migration. */
function causeOf(block: Block, id: string, publicKey: string, isThere: boolean): object {
  const touches = (action: Action) =>
    action.kind === "deleteAccount" ||
    ((action.kind === "deleteKey" || action.kind === "addKey") && formatKey(action.publicKey) === publicKey);
  for (const { incoming, transactions } of block.chunks) {
    const receipt = incoming.find((one) => one.kind === "action" && one.receiver === id && one.actions.some(touches));
    if (receipt !== undefined) return { type: "receipt_processing", receipt_hash: receipt.id };
    const sent = transactions.find(({ signer, publicKey: used }) => signer === id && used === publicKey);
    if (isThere && sent !== undefined) return { type: "transaction_processing", tx_hash: sent.hash };
  }
  return { type: "migration" };
}
