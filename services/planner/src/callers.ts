import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { accepts } from "@outlayer/kit";

export const callers = {
  ...accepts(PlannerService, {
    plan: "clients",
    preflight: "clients",
    executeWorkflow: "clients",
    executeSequentialBatch: "clients",
    prepareDirectUserKey: "clients",
    getDirectUserKeyStatus: "clients",
    executeDirectUserCall: "clients",
    getAccount: "clients",
    getStaleKeys: "clients",
    deriveAccount: "clients",
    getQuotes: "clients",
    cancelWorkflow: "clients",
  }),
  ...accepts(SignInService, {
    createChallenge: "anybody",
    signIn: "anybody",
    signOut: "clients",
    listSessionKeys: "anybody",
  }),
};
