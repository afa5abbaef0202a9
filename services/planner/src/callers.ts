import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { accepts } from "@outlayer/kit";

export const callers = accepts(PlannerService, {
  plan: "wallets",
  preflight: "wallets",
  executeWorkflow: "wallets",
  executeSequentialBatch: "wallets",
  prepareDirectUserKey: "wallets",
  getDirectUserKeyStatus: "wallets",
  executeDirectUserCall: "wallets",
  cancelWorkflow: "wallets",
});
