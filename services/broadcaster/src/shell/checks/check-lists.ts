import { checkPayouts, needsOf } from "../../core/checks/payouts.ts";
import { checkSimulation } from "../../core/checks/simulation.ts";
import { ApprovalsMissing, KeystoreRefused } from "../../core/ports/signer.ts";
import { refusalText } from "../policy/check-policy.ts";
import type { Check } from "./check.ts";
import { gateAdvice, gateChecks, rpcCheck, tailCheck } from "./gate-checks.ts";
import type { GateReadings, OperatorReadings } from "./gate-readings.ts";
import { ownAccountCheck, walletAdvice, walletChecks } from "./wallet-checks.ts";
import type { WorkflowReadings } from "./workflow-readings.ts";

/** A workflow waits for a keystore that is away or not ready, and not for one that refuses. */
const keystoreCheck: Check<OperatorReadings> = {
  name: "keystore",
  class: "waiting",
  async find(readings) {
    try {
      await readings.account();
      return { ok: true, expected: "ready", actual: "ready", message: "the keystore is ready" };
    } catch (error) {
      if (!(error instanceof KeystoreRefused)) throw error;
      return { ok: false, expected: "ready", actual: "refuses", message: error.message, class: "blocking" };
    }
  },
};

const policyCheck: Check<WorkflowReadings> = {
  name: "policy",
  class: "blocking",
  async find(readings) {
    const expected = "allowed";
    const verdict = await readings.verdict().catch((error) => {
      if (!(error instanceof ApprovalsMissing)) throw error;
      return { kind: "approvals_missing", message: error.message } as const;
    });
    switch (verdict.kind) {
      // Policy allowed the workflow, and the keystore itself did not.
      case "approvals_missing":
        return { ok: false, expected, actual: "requires approval", message: verdict.message };
      case "signed":
        return { ok: true, expected, actual: "allowed", message: "the wallet's policy allows it" };
      case "denied":
        return { ok: false, expected, actual: "denied", message: refusalText(verdict) };
      case "approval_required":
        return { ok: false, expected, actual: "requires approval", message: refusalText(verdict) };
    }
  },
};

const simulationCheck: Check<WorkflowReadings> = {
  name: "simulation",
  class: "blocking",
  async find(readings) {
    const { made, blockingToken } = await readings.rehearsed();
    return checkSimulation(readings.calls.length, made, blockingToken);
  },
};

/** Execution does not make this check: somebody may register the receiver meanwhile, and what comes back costs gas alone. */
const withdrawalReceiverCheck: Check<WorkflowReadings> = {
  name: "withdrawal_receiver",
  class: "blocking",
  find: async (readings) => checkPayouts(needsOf(readings.calls), readings.calls.length, await readings.payouts()),
};

/** The checks of gate and operator for which NEAR alone is asked. */
export const gateOnlyChecks: readonly Check<GateReadings>[] = [rpcCheck, ...gateAdvice, tailCheck, ...gateChecks];

/** Whether the operator could run anything now. */
export const operatorChecks: readonly Check<OperatorReadings>[] = [...gateOnlyChecks, keystoreCheck];

/** Whether this workflow would succeed now. */
export const workflowChecks: readonly Check<WorkflowReadings>[] = [
  ...operatorChecks,
  ownAccountCheck,
  ...walletAdvice,
  ...walletChecks,
  withdrawalReceiverCheck,
  policyCheck,
  simulationCheck,
];
