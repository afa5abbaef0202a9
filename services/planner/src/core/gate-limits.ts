import { predecessorCallProblem, type Step } from "@outlayer/workflow";
import { isAtMost, isDecimal } from "./amounts.ts";
import { type Facts, type Limits, maxGateCalls } from "./facts.ts";

/** Gas units of a gate step that names none (rule: absent-gas-and-deposit). */
export const defaultGas = "100000000000000";

/**
 * Why a step would harm other users of the gate: it would leave the gate stuck (rule: gate-jam-is-rejected), or act on the gate's
 * own holdings (rule: plain-call-spends-nothing-of-the-gate). Undefined for a harmless step, and for one whose gas is no number,
 * which never becomes a call.
 * @param place e.g. `steps[0]`
 */
export function harmReason(step: Step, place: string, limits: Limits): string | undefined {
  const { gas = defaultGas, deposit = "0", receiver_id: receiver = "", method_name: method = "" } = step.fields;
  if (step.form === "explicit") {
    if (limits.gates.some(({ gateId }) => gateId === receiver)) {
      // The gate would be its own predecessor, to whom its private methods are open. Another gate would take the call for its relayer's.
      return `${place}.receiver_id must not be the gate ${receiver} itself`;
    }
    if (!/^[A-Za-z0-9_]{1,256}$/.test(method)) {
      return `${place}.method_name must match [A-Za-z0-9_]{1,256}, for the gate writes it into its trace as it is`;
    }
    const problem = predecessorCallProblem({ receiverId: receiver, methodName: method }, limits.verifierId);
    if (problem !== undefined) return `${place}: ${problem}`;
  }
  if (isDecimal(gas) && (gas === "0" || !isAtMost(gas, limits.maxInnerGas))) {
    return `${place}.gas must be from 1 to ${limits.maxInnerGas}, which is what the gate can pass on`;
  }
  if (isDecimal(deposit) && !isAtMost(deposit, limits.maxDepositYocto)) {
    return `${place}.deposit must be at most ${limits.maxDepositYocto} yoctoNEAR, for the gate pays it`;
  }
  return undefined;
}

/** Why a workflow has too many gate steps; undefined when it has not, or the gate's tiers are not known. */
export function chainLengthReason(gateSteps: number, { feeTiers }: Facts): string | undefined {
  const max = Math.min(feeTiers?.at(-1)?.cap ?? maxGateCalls, maxGateCalls);
  if (gateSteps <= max) return undefined;
  return `the gate takes at most ${max} calls in one chain, and this workflow has ${gateSteps}`;
}

/** The same where each call is resumed by itself, so that the gate's tiers do not apply. */
export function callCountReason(gateSteps: number): string | undefined {
  if (gateSteps <= maxGateCalls) return undefined;
  return `a workflow takes at most ${maxGateCalls} calls through the gate, and this one has ${gateSteps}`;
}
