import assert from "node:assert/strict";
import type { Environment } from "@outlayer/kit";
import { Actor } from "../support/actors.ts";
import { makeFinal } from "../support/on-chain.ts";
import { type Check, failing, preflight } from "../support/preflight.ts";
import { registerStep } from "../support/steps.ts";
import { type System, withSystem } from "../support/system.ts";

export const near = 10n ** 24n;
export const relayerId = "relayer.sequential.near";
export const approverId = "approver.sequential.near";
/** The code hash of the devnet's gate. */
export const realCode = "B6UXBwbuk6JYorjDTqJJyqq7yn9kc7wjcdW4ggzvbkXB";
export const gateId = "gate.sequential.near";

export const operatorChecks = [
  "rpc",
  "gate_code",
  "gate_owner",
  "gate_pending",
  "gate_tail",
  "clock_skew",
  "relayer_whitelisted",
  "gate_approver",
  "gate_fee",
  "relayer_balance",
  "approver_balance",
  "gate_balance",
  "relayer_key",
  "approver_key",
  "keystore",
];
export const walletChecks = [
  "wallet_account",
  "wallet_near",
  "receiver_account",
  "receiver_code",
  "deadline",
  "delegate_nonce",
  "own_payloads",
  "verifier_key",
  "verifier_lock",
  "wallet_tokens",
  "withdrawal_receiver",
  "policy",
  "simulation",
];

export const wallet = ({ devnet }: System) => {
  const [first] = devnet.wallets;
  if (first === undefined) throw new Error("the devnet has no wallet");
  return first;
};

export const publicKeyOf = (system: System, accountId: string) => new Actor(system.devnet, accountId).publicKey;

/** A check that fails because another one does. */
export const notSimulated = {
  name: "simulation",
  class: "blocking",
  expected: "",
  actual: "",
  message: "not checked: the wallet's policy does not let it through",
} as const;

export interface Case {
  readonly title: string;
  readonly environment?: Environment;
  /** One plain call where there is none. */
  readonly steps?: (system: System) => readonly unknown[] | Promise<readonly unknown[]>;
  readonly prepare?: (system: System) => unknown;
  /** Every check that fails. */
  readonly fails: (system: System) => readonly Omit<Check, "ok">[];
  /** What becomes of the same workflow when it is executed. */
  readonly executed: { readonly waitsFor: string } | { readonly status: string; readonly code: string | null };
}

export const succeeds = { status: "succeeded", code: null };
export const fails = (code: string) => ({ status: "failed", code });

export function simulationFails(steps: number) {
  const expected = `unmatched_deltas ${JSON.stringify({ [blockingToken]: String(steps) })}`;
  return { name: "simulation", class: "blocking", expected } as const;
}

export const blockingToken = "nep141:f7f30829afbce96ff744c370f3b3a7c6a2216c7168c7881d5f1a3864b864b687";

/** Executes it, and holds what becomes of it to what was said before. */
export async function assertExecuted(
  system: System,
  steps: readonly unknown[],
  executed: Case["executed"],
): Promise<void> {
  const requestId = await system.rest().begin(steps);
  if ("waitsFor" in executed) {
    await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === executed.waitsFor);
    return;
  }
  const { status, error_code, user_visible_error } = await system.rest().ended(requestId);
  assert.deepEqual({ status, code: error_code }, executed, user_visible_error);
}

/** Holds preflight to what a case says, and execution to preflight. */
export function assertCase({ environment = {}, steps = () => [registerStep(1)], prepare, fails, executed }: Case) {
  return withSystem({ environment: { QUEUE_TIMEOUT_SECS: "60", ...environment } }, async (system) => {
    await prepare?.(system);
    makeFinal(system);
    const asked = await steps(system);
    const found = await preflight(system, asked);
    assert.deepEqual(
      failing(found),
      fails(system).map((check) => ({ ...check, ok: false })),
    );
    await assertExecuted(system, asked, executed);
  });
}
