import type { Block } from "../../chain/block.ts";
import { type ChainView, StatePrunedError } from "../../chain/chain-view.ts";
import type { StateView } from "../../chain/state.ts";
import { storageUsage } from "../../chain/storage-stake.ts";
import { ViewCallError } from "../../chain/view-call.ts";
import { Base64Error, decodeBase64 } from "../../crypto/base64.ts";
import { referredBlock, unknownBlock } from "../block-reference.ts";
import { accountParam, badParams, namedParams, type Params, publicKeyParam, textParam } from "../params.ts";
import type { RpcCall } from "../rpc-call.ts";
import { handlerError } from "../rpc-error.ts";
import { accessKeyShape } from "../shapes/action-shape.ts";
import { vmErrorText } from "../shapes/vm-error-text.ts";

interface Query {
  readonly view: ChainView;
  readonly block: Block;
  readonly state: StateView;
  readonly params: Params;
  readonly call: RpcCall;
}

/** `view_account`, `view_access_key`, `view_access_key_list`, `call_function`, at the state of the block referred to. */
export function query(call: RpcCall, given: unknown): unknown {
  const params = namedParams(given, "path", "data");
  const view = call.view();
  const type = textParam(params, "request_type");
  const run = requestTypes[type] ?? badParams(`unknown variant \`${type}\` of request_type`);
  // A node keeps the headers of blocks that it has collected.
  const block = referredBlock(view.keeping(undefined), params);
  const id = accountParam(params, "account_id");
  if (!call.shards.includes(id)) {
    const shard = view.chain.layout.of(id);
    throw handlerError(
      "UNAVAILABLE_SHARD",
      { requested_shard_id: shard },
      `The node does not track the shard ID ${shard}`,
    );
  }
  return run({ view, block, state: stateAt(view, block), params, call });
}

const requestTypes: Readonly<Record<string, (query: Query) => unknown>> = {
  view_account: viewAccount,
  view_access_key: viewAccessKey,
  view_access_key_list: viewAccessKeyList,
  call_function: callFunction,
  view_code: noCode,
  view_state: tooLargeState,
};

function viewAccount(query: Query): unknown {
  const id = knownAccount(query);
  const { amount = 0n, codeHash } = query.state.account(id) ?? {};
  return {
    amount: `${amount}`,
    locked: "0",
    code_hash: codeHash,
    storage_usage: storageUsage(query.state, id),
    storage_paid_at: 0,
    ...at(query.block),
  };
}

function viewAccessKey({ state, block, params, call }: Query): unknown {
  const id = accountParam(params, "account_id");
  const publicKey = publicKeyParam(params, "public_key");
  const key = state.accessKey(id, publicKey);
  if (key !== undefined) return { ...accessKeyShape(key), ...at(block) };
  const text = `access key ${publicKey} does not exist while viewing`;
  if (call.queryErrors === "result") return errorResult(text, block);
  const info = { ...at(block), public_key: publicKey };
  throw handlerError("UNKNOWN_ACCESS_KEY", info, `Access key for public key ${publicKey} does not exist while viewing`);
}

function viewAccessKeyList({ state, block, params }: Query): unknown {
  const id = accountParam(params, "account_id");
  const keys = state.publicKeys(id).flatMap((publicKey) => {
    const key = state.accessKey(id, publicKey);
    return key === undefined ? [] : [{ public_key: publicKey, access_key: accessKeyShape(key) }];
  });
  return { keys, ...at(block) };
}

function callFunction(query: Query): unknown {
  const { view, block, params, call } = query;
  const method = textParam(params, "method_name");
  const args = argumentsOf(params);
  const id = knownAccount(query);
  try {
    const { value, logs } = view.call(id, method, args, block);
    return { result: [...value], logs, ...at(block) };
  } catch (error) {
    if (!(error instanceof ViewCallError)) throw error;
    const text = vmErrorText(error.error);
    if (call.queryErrors === "result") return errorResult(text, block);
    const info = { vm_error: text, error: { FunctionCallError: error.error }, ...at(block) };
    throw handlerError("CONTRACT_EXECUTION_ERROR", info, `Function call returned an error: ${text}`);
  }
}

/** Contracts here are not wasm. */
function noCode(query: Query): never {
  const id = knownAccount(query);
  const info = { contract_account_id: id, ...at(query.block) };
  const text = `Contract code for contract ID #${id} has never been observed on the node at block #${query.block.height}`;
  throw handlerError("NO_CONTRACT_CODE", info, text);
}

/** State has the form of the devnet's contracts, not of the originals. */
function tooLargeState(query: Query): never {
  const id = knownAccount(query);
  const info = { contract_account_id: id, ...at(query.block) };
  throw handlerError("TOO_LARGE_CONTRACT_STATE", info, `State of contract ${id} is too large to be viewed`);
}

function knownAccount({ state, block, params }: Query): string {
  const id = accountParam(params, "account_id");
  if (state.account(id) !== undefined) return id;
  const info = { ...at(block), requested_account_id: id };
  throw handlerError("UNKNOWN_ACCOUNT", info, `account ${id} does not exist while viewing`);
}

function argumentsOf(params: Params): Uint8Array {
  try {
    return decodeBase64(textParam(params, "args_base64"));
  } catch (error) {
    if (error instanceof Base64Error) return badParams(error.message);
    throw error;
  }
}

function stateAt(view: ChainView, block: Block): StateView {
  // A block of a fork that lost has no state here.
  if (!view.isOnChain(block)) throw unknownBlock(`BLOCK HEADER: ${block.hash}`);
  try {
    return view.stateAt(block);
  } catch (error) {
    if (!(error instanceof StatePrunedError)) throw error;
    const text = `The data for block #${block.height} is garbage collected on this node, use an archival node to fetch historical data`;
    throw handlerError("GARBAGE_COLLECTED_BLOCK", at(block), text);
  }
}

function errorResult(error: string, block: Block): unknown {
  return { error, logs: [], ...at(block) };
}

function at(block: Block): { readonly block_height: bigint; readonly block_hash: string } {
  return { block_height: block.height, block_hash: block.hash };
}
