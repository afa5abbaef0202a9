import type { Env } from "../../../contract.ts";
import { panic } from "../../sdk/panic.ts";
import { transferEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import type { SignedPayload } from "../payload/signed-payload.ts";
import { OverlayStorage } from "../state/overlay-storage.ts";
import { VerifierState } from "../state/verifier-state.ts";
import { LiveEffects, SimulatedEffects } from "./effects.ts";
import { type ExecutionReport, executeSigned } from "./execute-signed.ts";
import { type InvariantViolation, TransferMatcher } from "./transfer-matcher.ts";

/**
 * Executes payloads. Events in order: each intent's, `intents_executed`, the netted `mt_transfer`, `mt_burn`.
 * @throws ContractPanic
 */
export function execute(env: Env, signed: readonly SignedPayload[]): void {
  env.useGas(verifierGas.executePerPayload * BigInt(signed.length));
  const effects = new LiveEffects(env);
  const matcher = new TransferMatcher();
  const state = new VerifierState(env.storage);
  executeSigned({ state, matcher, effects, verifierId: env.current, nowNs: env.timestampNs }, signed);
  const result = matcher.finalize();
  if ("violation" in result) panic(`invariant violated: ${JSON.stringify(result.violation)}`);
  if (result.transfers.length > 0) env.log(transferEvent(result.transfers));
  effects.finish();
}

export interface Simulation extends ExecutionReport {
  /** The intents' events. */
  readonly lines: readonly string[];
  /** Why the batch does not balance, if it does not. */
  readonly violation: InvariantViolation | undefined;
}

/**
 * Executes payloads on a copy of the state.
 * @throws ContractPanic as `execute`, but for a batch that does not balance
 */
export function simulate(env: Env, signed: readonly SignedPayload[]): Simulation {
  const effects = new SimulatedEffects();
  const matcher = new TransferMatcher();
  const state = new VerifierState(new OverlayStorage(env.storage));
  const execution = { state, matcher, effects, verifierId: env.current, nowNs: env.timestampNs };
  const report = executeSigned(execution, signed);
  const result = matcher.finalize();
  return { ...report, lines: effects.lines, violation: "violation" in result ? result.violation : undefined };
}
