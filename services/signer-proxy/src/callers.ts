import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { accepts, upTo } from "@outlayer/kit";

/** A step is sent as planned, with its payload beside it; each is at most as long as the workflow's request. */
const stepBytes = 1024 * 1024;

/** Only the broadcaster may request signatures. */
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
