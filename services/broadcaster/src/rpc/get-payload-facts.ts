import type { GetPayloadFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { unavailable } from "@outlayer/kit";
import { type NearNode, RpcUnavailable, ViewFailed } from "../core/ports/near-node.ts";
import { PayloadViews } from "../shell/checks/payload-facts.ts";

/** Payloads that others signed, as the verifier would judge them, each at a final block. */
export async function getPayloadFacts(
  { node, verifierId }: { readonly node: NearNode; readonly verifierId: string },
  { payloads }: GetPayloadFactsRequest,
) {
  const views = new PayloadViews(node, verifierId);
  try {
    const [block, fee, facts] = await Promise.all([
      node.block({ finality: "final" }),
      views.view("fee"),
      Promise.all(payloads.map((payload) => views.factsOf(payload))),
    ]);
    if (typeof fee !== "number" || !Number.isInteger(fee) || fee < 0 || fee > 1_000_000) {
      throw new RpcUnavailable("the verifier's fee cannot be read");
    }
    return { feePips: fee, finalTimeMs: BigInt(Math.floor(block.timeMs)), payloads: facts };
  } catch (error) {
    if (error instanceof RpcUnavailable || error instanceof ViewFailed) throw unavailable("NEAR's RPC does not answer");
    throw error;
  }
}
