import type { Contract } from "../../contract.ts";
import { contractOf } from "../sdk/method.ts";
import { continueChain } from "./continue-chain.ts";
import { onIntentResumed } from "./on-intent-resumed.ts";
import { ownerMethods } from "./owner-methods.ts";
import { resumeBatchChained } from "./resume-batch-chained.ts";
import { resumeIntent } from "./resume-intent.ts";
import { submitIntent } from "./submit-intent.ts";
import { views } from "./views.ts";

/** Code hash of the gate on mainnet. */
export const GATE_CODE_HASH = "B6UXBwbuk6JYorjDTqJJyqq7yn9kc7wjcdW4ggzvbkXB";

/** The sequencing gate: holds signed calls under yields and dispatches them in the order the approver names. */
export function createGate(): Contract {
  return contractOf(GATE_CODE_HASH, {
    submit_intent: submitIntent,
    resume_batch_chained: resumeBatchChained,
    resume_intent: resumeIntent,
    continue_chain: continueChain,
    on_intent_resumed: onIntentResumed,
    ...ownerMethods,
    ...views,
  });
}
