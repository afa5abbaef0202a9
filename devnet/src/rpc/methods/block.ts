import { referredBlock } from "../block-reference.ts";
import { namedParams } from "../params.ts";
import type { RpcCall } from "../rpc-call.ts";
import { blockText } from "../shapes/block-shape.ts";

export function block(call: RpcCall, params: unknown): unknown {
  const view = call.view();
  return blockText(view, referredBlock(view, namedParams(params, "block_id")));
}
