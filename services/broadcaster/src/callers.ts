import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { accepts, upTo } from "@outlayer/kit";

/** A wallet's planned steps. */
const stepsBytes = 1024 * 1024;

export const callers = accepts(BroadcasterService, {
  getGateFacts: ["planner"],
  getDirectUserKey: ["planner"],
  getAccount: ["planner"],
  getPayloadFacts: ["planner"],
  listPartitions: ["planner"],
  preflight: upTo(stepsBytes, ["planner"]),
});
