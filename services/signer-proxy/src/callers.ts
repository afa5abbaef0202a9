import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { accepts } from "@outlayer/kit";

/** Nobody but the broadcaster may have anything signed. */
export const callers = accepts(SignerProxyService, {
  getAccount: ["planner", "broadcaster"],
  checkPolicy: ["broadcaster"],
  signStep: ["broadcaster"],
  signSimulation: ["broadcaster"],
  signCancel: ["broadcaster"],
  prepareDirectUserKey: ["planner", "broadcaster"],
  checkDirectUserPolicy: ["broadcaster"],
  signDirectUserCall: ["broadcaster"],
});
