import type { DirectUserScope } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { integer } from "../../core/chain/json.ts";
import type { NearNode } from "../../core/ports/near-node.ts";
import { ViewFailed } from "../../core/ports/near-node.ts";

export interface Count {
  /** Undefined where the contract gives none. */
  readonly value: bigint | undefined;
  /** Height of the final block at which the count was read; 0 where it could not be read. */
  readonly height: number;
}

/** Reads the contract's count at the final block. @throws RpcUnavailable */
export async function readCount(node: Pick<NearNode, "view">, { receiverId }: DirectUserScope): Promise<Count> {
  try {
    const { value, height } = await node.view(receiverId, "get_count", {});
    return { value: integer(value), height };
  } catch (error) {
    if (error instanceof ViewFailed) return { value: undefined, height: 0 };
    throw error;
  }
}
