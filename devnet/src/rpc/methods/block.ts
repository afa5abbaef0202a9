import { referredBlock } from "../block-reference.ts";
import { namedParams } from "../params.ts";
import type { RpcCall } from "../rpc-call.ts";
import { blockShape } from "../shapes/block-shape.ts";

export function block(call: RpcCall, params: unknown): unknown {
  const view = call.view();
  return blockShape(view, referredBlock(view, namedParams(params, "block_id")));
}
