import type { EventInit } from "../core/workflow/action.ts";
import type { WorkflowState } from "../core/workflow/state.ts";
import type { Tools } from "./tools.ts";

/** Sentences for what a workflow ends with that has waited too long, by what it waited for. */
export const waitingTexts = {
  gate_busy: "the gate was held by somebody else's chain",
  gate_stuck: "the gate is stuck: its owner has to reset the batch tail",
  balance_low: "the balance of the relayer, the approver or the gate is too low",
  no_usable_key: "no key of the relayer or the approver is usable",
  keystore_unavailable: "the keystore is not ready",
  rpc_unavailable: "NEAR's RPC does not answer",
} as const satisfies Readonly<Record<string, string>>;

const texts: Readonly<Record<string, string>> = waitingTexts;

export interface Wait {
  readonly waitingFor: string;
  readonly position: number;
  readonly expectedStart: number | undefined;
}

/**
 * What to write down while a workflow waits of which nothing was submitted: why, when that changed; and the end, with
 * that reason's code, when it has waited too long for anything but its turn (decision 19). Undefined for no news.
 */
export function waitingEvent(
  state: WorkflowState,
  { waitingFor, position, expectedStart }: Wait,
  { ports, config }: Pick<Tools, "ports" | "config">,
): EventInit | undefined {
  const now = ports.clock.now();
  const before = state.waiting;
  const isBlocked = waitingFor !== "turn";
  const blockedSinceMs = isBlocked ? (before?.blockedSinceMs ?? now) : undefined;
  if (blockedSinceMs !== undefined && now > blockedSinceMs + config.queueTimeoutMs) {
    const waited = Math.round(config.queueTimeoutMs / 1000);
    const userVisibleError = `${texts[waitingFor] ?? waitingFor}, for more than ${waited} s; nothing was sent`;
    return { case: "ended", value: { status: "failed", errorCode: waitingFor, userVisibleError } };
  }
  const isSame = before?.queue.waitingFor === waitingFor && before.queue.position === position;
  if (isSame) return undefined;
  const queue = {
    position,
    waitingFor,
    ...(expectedStart === undefined ? {} : { expectedStartHeight: BigInt(expectedStart) }),
  };
  const since = blockedSinceMs === undefined ? {} : { blockedSinceMs: BigInt(blockedSinceMs) };
  return { case: "waiting", value: { queue, ...since } };
}
