import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { leastHoldMs } from "@outlayer/workflow";
import { findAccountProblem } from "../workflow/own-account.ts";
import { findShortfall, tokensOf } from "../workflow/wallet-money.ts";
import { type Finding, finding } from "./finding.ts";
import { ownPayloadsOf } from "./own-payloads.ts";

/** Applies the planner's rules about the wallet's own account. */
export function checkOwnAccount(calls: readonly GateCall[], accountId: string): Finding {
  const problem = findAccountProblem(calls, accountId);
  return finding(problem === undefined, accountId, problem === undefined ? accountId : "another account", {
    ok: `the steps fit the wallet's account ${accountId}`,
    failed: problem ?? "",
  });
}

/** Required by the reference harness; no step spends this balance. */
export function checkNear(accountId: string, balanceYocto: bigint): Finding {
  return finding(balanceYocto >= 1n, "at least 1", String(balanceYocto), {
    ok: `${accountId} holds ${balanceYocto} yoctoNEAR`,
    failed: `${accountId} holds no NEAR`,
  });
}

/**
 * Whether the deadlines that the caller set in `near_intents` are in the future, and those of payloads that a session has signed far
 * enough for the payloads to be dispatched.
 * @param nowMs time of the final block, milliseconds since the epoch (rule: time-is-the-chains)
 */
export function checkDeadlines(calls: readonly GateCall[], nowMs: number): Finding {
  const late = ownPayloadsOf(calls).find(({ payload }) => Number(payload.deadlineMs) <= nowMs + leastHoldMs);
  if (late !== undefined) {
    const deadline = timeText(Number(late.payload.deadlineMs));
    const message = `${late.name} holds until ${deadline}, which is too soon for it to be dispatched`;
    return { ok: false, expected: `after ${timeText(nowMs + leastHoldMs)}`, actual: deadline, message };
  }
  const given = calls.flatMap(({ payload }) => {
    const limit = payload.case === "intents" ? payload.value.notAfterMs : undefined;
    return limit === undefined ? [] : [Number(limit)];
  });
  if (given.length === 0) {
    return { ok: true, expected: "any", actual: "none", message: "no step has a deadline of its own" };
  }
  const first = Math.min(...given);
  return finding(first > nowMs, "in the future", timeText(first), {
    ok: `the first deadline given with near_intents is ${timeText(first)}`,
    failed: "the deadline given with near_intents passed before the gate could take the call",
  });
}

/** Delegate nonces are milliseconds since the epoch; reserved ones are ahead of the clock by less than this. */
const nonceMargin = 1_000_000_000n;

/**
 * A signed delegate is public and could be relayed past the gate, unless its nonce is below that of the wallet's own key on NEAR.
 * Delegate nonces are milliseconds since the epoch, so NEAR's nonces of a key of any age are far above them.
 * @param keyNonce undefined where the account has no such key: then nobody can relay it
 */
export function checkDelegateNonce(accountId: string, keyNonce: bigint | undefined, nowMs: number): Finding {
  const least = BigInt(nowMs) + nonceMargin;
  const expected = "no key on NEAR, or a nonce of 10^9 and more above the epoch's milliseconds";
  return finding(keyNonce === undefined || keyNonce > least, expected, keyNonce?.toString() ?? "no key on NEAR", {
    ok: "a signed call cannot be relayed past the gate",
    failed: `the key of ${accountId} has a nonce on NEAR that is too low: a signed call could be relayed past the gate`,
  });
}

/** The wallet's state in the verifier that decides whether the verifier accepts its payloads. */
export interface VerifierAccount {
  readonly hasKey: boolean;
  readonly isLocked: boolean;
}

export function checkVerifierKey(accountId: string, publicKey: string, { hasKey }: VerifierAccount): Finding {
  return finding(hasKey, publicKey, hasKey ? publicKey : "not registered", {
    ok: "the verifier knows the wallet's key",
    failed: `the verifier does not know the key ${publicKey} of ${accountId}`,
  });
}

export function checkVerifierLock(accountId: string, account: VerifierAccount): Finding {
  return finding(!account.isLocked, "not locked", account.isLocked ? "locked" : "not locked", {
    ok: "the wallet's account in the verifier is not locked",
    failed: `the account ${accountId} is locked in the verifier`,
  });
}

/** Whether the wallet's balances in the verifier cover the steps in order, each after those before it. */
export function checkTokens(
  calls: readonly GateCall[],
  balances: ReadonlyMap<string, bigint>,
  wrappedNearId: string,
): Finding {
  const shortfall = findShortfall(calls, balances, wrappedNearId);
  if (shortfall === undefined) {
    const held = tokensOf(calls, wrappedNearId).map((token) => `${balances.get(token) ?? 0n} of ${token}`);
    const actual = held.length === 0 ? "nothing is moved" : held.join(", ");
    return { ok: true, expected: "what the steps move", actual, message: "the wallet holds what the steps move" };
  }
  const { step, token, balance, needed } = shortfall;
  const message = `step ${step + 1} of ${calls.length} moves ${needed} of ${token}, but only ${balance} would be left in the verifier by then`;
  return { ok: false, expected: `${needed} of ${token}`, actual: `${balance} of ${token}`, message };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
