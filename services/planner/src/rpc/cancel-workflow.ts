import type { WalletCaller } from "@outlayer/access";
import type { CancelWorkflowRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { notFound, unavailable } from "@outlayer/kit";
import type { RequestCancel } from "../core/ports.ts";

export interface CancelDeps {
  readonly requestCancel: RequestCancel;
}

/** Records the wallet's cancel request; the broadcaster acts on it. */
export async function cancelWorkflow(
  { requestCancel }: CancelDeps,
  { requestId }: CancelWorkflowRequest,
  { walletId }: WalletCaller,
  signal: AbortSignal,
) {
  const result = await requestCancel(requestId, walletId, signal);
  switch (result.kind) {
    case "recorded":
      return { record: result.record };
    case "not_found":
      throw notFound(`workflow request ${requestId} was not found`, { reason: "REQUEST_NOT_FOUND" });
    case "unavailable":
      throw unavailable("the wish to cancel may not have been recorded: ask again", { requestId });
    default:
      return result satisfies never;
  }
}
