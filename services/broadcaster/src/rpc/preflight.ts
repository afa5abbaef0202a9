import type { PreflightRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { deadline } from "@outlayer/kit";
import type { EvidenceLog } from "../adapters/evidence/evidence-log.ts";
import { keysSeen } from "../shell/checks/keys-seen.ts";
import { operatorChecks, workflowChecks } from "../shell/checks/preflight-checks.ts";
import { PreflightReadings } from "../shell/checks/preflight-readings.ts";
import { runChecks } from "../shell/preflight.ts";
import type { SharedTools, Tools } from "../shell/tools.ts";

/** Milliseconds for all of it: what has not been found out by then fails. */
const patienceMs = 10_000;

type Needed = Pick<
  SharedTools,
  "config" | "node" | "gate" | "tails" | "ownDelegates" | "signer" | "salts" | "ports" | "logger"
> &
  Pick<Tools, "relayer" | "approver"> & { readonly evidence: Pick<EvidenceLog, "readUsage"> };

/** Looks at everything that a run depends on. Broadcasts, reserves and writes nothing. */
export async function preflight(tools: Needed, { walletId, calls, approval }: PreflightRequest, caller: AbortSignal) {
  const { config, node, gate, tails, relayer, approver, ownDelegates, signer, evidence, salts, ports, logger } = tools;
  const { signal, done } = deadline(ports.timers, patienceMs, caller);
  const readings = new PreflightReadings(
    {
      config,
      node,
      gate,
      verifierId: config.verifierId,
      clock: ports.clock,
      random: ports.random,
      walletId,
      approval,
      signer,
      evidence,
      salts,
      signal,
      head: () => node.block({ finality: "final" }),
      tail: () => tails.attribute(),
      isOurs: ownDelegates.has.bind(ownDelegates),
      relayerKeys: () => keysSeen(relayer),
      approverKeys: () => keysSeen(approver),
      account: () => signer.freshAccount(walletId, signal),
    },
    calls,
  );
  try {
    const checks = calls.length === 0 ? operatorChecks : workflowChecks;
    return { preflight: await runChecks(checks, readings, { signal, logger }) };
  } finally {
    done();
  }
}
