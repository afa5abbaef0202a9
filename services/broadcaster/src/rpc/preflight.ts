import type { PreflightRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { deadline } from "@outlayer/kit";
import { resumptionOf } from "../core/gate/resumption.ts";
import type { EvidenceLog } from "../core/ports/evidence-log.ts";
import { operatorChecks, workflowChecks } from "../shell/checks/check-lists.ts";
import { anyRun, type Run } from "../shell/checks/gate-readings.ts";
import { keysNow } from "../shell/checks/keys-seen.ts";
import { runChecks } from "../shell/checks/run-checks.ts";
import { WorkflowReadings } from "../shell/checks/workflow-readings.ts";
import type { GateBetweenTerms } from "../shell/term/term.ts";
import type { PreflightLine } from "./preflight-line.ts";

/** Time limit of the whole preflight, milliseconds: checks without a result by then fail. */
const patienceMs = 10_000;

type Needed = Pick<
  GateBetweenTerms,
  | "config"
  | "node"
  | "follower"
  | "gate"
  | "tails"
  | "commitments"
  | "relayer"
  | "approver"
  | "ownDelegates"
  | "signer"
  | "salts"
  | "ports"
  | "foreignViews"
  | "logger"
> & { readonly evidence: Pick<EvidenceLog, "readUsage">; readonly line: PreflightLine };

/**
 * Runs every check that a run depends on. Broadcasts, reserves and writes nothing.
 * @throws Refusal Unavailable where its turn among others did not come in time
 */
export async function preflight(tools: Needed, request: PreflightRequest, caller: AbortSignal) {
  const { walletId, calls, approval } = request;
  const {
    config,
    node,
    follower,
    gate,
    tails,
    commitments,
    relayer,
    approver,
    ownDelegates,
    signer,
    evidence,
    salts,
    ports,
    foreignViews,
    logger,
  } = tools;
  const { signal, done } = deadline(ports.timers, patienceMs, caller);
  const run = runOf(request, config);
  const checks = calls.length === 0 ? operatorChecks : workflowChecks;
  const readings = () =>
    new WorkflowReadings(
      {
        config,
        node,
        gate,
        verifierId: config.verifierId,
        wrappedNearId: config.wrappedNearId,
        clock: ports.clock,
        random: ports.random,
        foreignViews,
        walletId,
        approval,
        signer,
        evidence,
        salts,
        signal,
        head: () => node.block({ finality: "final" }),
        clockAheadMs: async () => follower.clockAheadMs ?? 0,
        tail: () => tails.attribute(),
        committed: () => commitments.before(),
        isOurs: ownDelegates.has.bind(ownDelegates),
        relayerKeys: () => keysNow(relayer),
        approverKeys: () => keysNow(approver),
        account: () => signer.freshAccount(walletId, signal),
      },
      run,
    );
  try {
    const made = await tools.line.run(walletId, signal, () => runChecks(checks, readings(), { signal, logger }));
    return { preflight: made };
  } finally {
    done();
  }
}

function runOf(request: PreflightRequest, { gateOverflowBlocks }: Needed["config"]): Run {
  const { calls } = request;
  if (calls.length === 0) return anyRun;
  const mayOverflow = request.anyOrdering && gateOverflowBlocks !== undefined;
  return { calls, resumption: resumptionOf(calls.length, request), mayOverflow };
}
