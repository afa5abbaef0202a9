import type { Dump } from "@outlayer/devnet";
import { readChain } from "./chain.ts";
import { checkHalt } from "./rules/halt.ts";
import { checkLogs } from "./rules/logs.ts";
import { checkMoney } from "./rules/money.ts";
import { checkNonces } from "./rules/nonces.ts";
import { checkOnce } from "./rules/once.ts";
import { checkOrder } from "./rules/order.ts";
import { checkSigned, type Release } from "./rules/signed.ts";
import { checkTruth } from "./rules/truth.ts";
import { checkUndone } from "./rules/undone.ts";
import { checkUserCall } from "./rules/user-call.ts";
import { type Attempt, checkWindows } from "./rules/windows.ts";
import { checkWishes } from "./rules/wishes.ts";
import { checkWriteAhead } from "./rules/write-ahead.ts";
import type { Violation } from "./violation.ts";
import { readWorkflow, type WorkflowEvidence } from "./workflow.ts";

/** What is left of a run, however it was made. */
export interface Run {
  /** The whole chain, once nothing more happens on it. */
  readonly dump: Dump;
  readonly gateIds: readonly string[];
  readonly verifierId: string;
  /** The keys that the product holds, `ed25519:` and base58: others may hold further ones of the same accounts. */
  readonly operatorKeys: readonly string[];
  /** What was accepted, as its callers were told. */
  readonly posted: readonly Posted[];
  /** Every workflow that evidence has. */
  readonly workflows: readonly WorkflowEvidence[];
  /** Reservations of wallets that were released, as far as somebody saw that. */
  readonly released?: readonly Release[];
  /** Transactions as they were written down, as far as somebody saw that. */
  readonly attempts?: readonly Attempt[];
}

export interface Posted {
  readonly walletId: string;
  readonly key: string;
  readonly requestId: string;
  /** When its caller was told that his wish to cancel it is written down, milliseconds since the epoch. */
  readonly cancelledAtMs?: number | undefined;
}

/**
 * Judges a run by the devnet's chain and by evidence, and by nothing else: every intent at most once, every transfer exactly
 * once or provably never, every call of a user's key at most once, every record terminal and true, every log whole, nothing
 * sent that was not written down before, nothing after a failure that was to halt, nothing begun after a wish to cancel, and
 * nothing over as long as something that was signed can still execute.
 */
export function checkRun(run: Run): readonly Violation[] {
  const chain = readChain(run.dump, run.gateIds, run.verifierId);
  const workflows = run.workflows.map(readWorkflow);
  return [
    ...checkLogs(workflows, run.posted),
    ...checkOnce(chain, workflows, run.verifierId),
    ...workflows.flatMap((workflow) => [
      ...checkTruth(chain, workflow),
      ...checkUndone(chain, workflow, run.verifierId, run.released ?? []),
      ...checkOrder(chain, workflow),
      ...checkHalt(chain, workflow, run.verifierId),
      ...checkMoney(chain, workflow, run.verifierId),
      ...checkUserCall(chain, workflow),
      ...checkSigned(chain, workflow, run.released ?? []),
      ...checkWindows(workflow, run.attempts ?? []),
    ]),
    ...checkWishes(workflows, run.posted),
    ...checkNonces(workflows),
    ...checkWriteAhead(chain, workflows, run),
  ];
}
