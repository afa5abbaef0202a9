import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { accepts } from "@outlayer/kit";

export const callers = accepts(BroadcasterService, {
  getGateFacts: ["planner"],
  getDirectUserKey: ["planner"],
  preflight: ["planner"],
});
