import { blockOfId } from "../block-reference.ts";
import { namedParams } from "../params.ts";
import type { RpcCall } from "../rpc-call.ts";

/** `gas_price`, yocto per gas unit; the same in all blocks. */
export function gasPrice(call: RpcCall, given: unknown): unknown {
  const view = call.view();
  const { block_id: id } = namedParams(given, "block_id");
  if (id !== undefined && id !== null) blockOfId(view, id);
  return { gas_price: `${view.chain.rules.gasPrice}` };
}
