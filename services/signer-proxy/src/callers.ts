import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { accepts, upTo } from "@outlayer/kit";

/** A step is at most as long as the request that it is part of, and is sent as the plan has it: with the payload beside it. */
const stepBytes = 1024 * 1024;

/** Nobody but the broadcaster may have anything signed. */
export const callers = accepts(SignerProxyService, {
  getAccount: ["planner", "broadcaster"],
  checkPolicy: upTo(stepBytes, ["broadcaster"]),
  signStep: upTo(stepBytes, ["broadcaster"]),
  signSimulation: upTo(stepBytes, ["broadcaster"]),
  signCancel: ["broadcaster"],
  prepareDirectUserKey: ["planner", "broadcaster"],
  checkDirectUserPolicy: upTo(stepBytes, ["broadcaster"]),
  signDirectUserCall: upTo(stepBytes, ["broadcaster"]),
});
