import { strings } from "../../core/chain/json.ts";
import { findShortage, needsOf } from "../../core/gate/money.ts";
import { checkTerms } from "../../core/gate/terms.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import type { Account, WorkflowState } from "../../core/workflow/state.ts";
import { findShortfall, tokensOf } from "../../core/workflow/wallet-money.ts";
import type { Tools } from "../tools.ts";
import { checkPolicy, type Grants } from "./policy.ts";

/** Age at which a policy answer is not trusted any more (decision 6). */
const policyFreshMs = 60_000;

/** What an admission comes to. */
export type Admission =
  | { readonly kind: "event"; readonly event: EventInit }
  | { readonly kind: "waits"; readonly waitingFor: string; readonly position: number; readonly expectedStart?: number };

type Needed = Pick<
  Tools,
  | "conductor"
  | "gate"
  | "node"
  | "follower"
  | "config"
  | "ports"
  | "signer"
  | "evidence"
  | "policyTurns"
  | "relayer"
  | "approver"
>;

/**
 * Asks the conductor for a place and, when the turn has come, makes the checks that execution depends on: all before the
 * first signature (decision 21).
 */
export async function seekAdmission(
  tools: Needed,
  state: WorkflowState,
  account: Account,
  grants: Grants,
): Promise<Admission> {
  const { conductor, follower, ports } = tools;
  const candidate = { requestId: state.requestId, walletId: state.walletId, calls: state.calls.length };
  const place = await conductor.place(candidate);
  if (place.kind === "waits") {
    const { waitingFor, position, expectedStart } = place;
    return { kind: "waits", waitingFor, position, ...(expectedStart === undefined ? {} : { expectedStart }) };
  }
  const heads = follower.heads;
  if (heads === undefined) return { kind: "waits", waitingFor: "rpc_unavailable", position: 0 };
  if (ports.clock.now() > account.policyCheckedAtMs + policyFreshMs) {
    return { kind: "event", event: await checkPolicy(tools, state, grants) };
  }
  const terms = await checkGate(tools, state);
  if (terms.kind !== "ok") {
    // Whatever it waits for now, those behind it may have more luck.
    if (terms.kind === "waits") conductor.withdraw(state.requestId);
    return terms;
  }
  const balances = await readBalances(tools, state, account);
  const refusal = (await refuseWallet(tools, state, account)) ?? refuseShortfall(state, balances);
  if (refusal !== undefined) return { kind: "event", event: refusal };
  const gateVersion = await conductor.admit(candidate, heads.final.height);
  const value = {
    gateVersion,
    finalHeight: BigInt(heads.final.height),
    feeYocto: terms.feeYocto.toString(),
    balancesBefore: Object.fromEntries([...balances].map(([token, balance]) => [token, balance.toString()])),
  };
  return { kind: "event", event: { case: "admitted", value } };
}

type GateCheck = Admission | { readonly kind: "ok"; readonly feeYocto: bigint };

async function checkGate(tools: Needed, state: WorkflowState): Promise<GateCheck> {
  const { gate, config, follower, conductor, relayer, approver } = tools;
  const agreed = {
    relayerId: relayer.accountId,
    approverId: approver.accountId,
    firstTierFeeYocto: config.gateFeeYocto,
    maxFeeYocto: config.gateMaxFeeYocto,
  };
  const terms = checkTerms(await gate.terms(relayer.accountId), agreed, state.calls.length);
  if (!terms.ok) return { kind: "event", event: failed(terms.code, terms.text) };
  const costs = {
    gasPrice: follower.heads?.final.gasPrice ?? 0n,
    submitGas: config.submitIntentGas + config.gateCallbackGas,
    resumeGas: config.resumeBatchGas,
  };
  const needs = needsOf(
    state.calls.map(({ deposit }) => BigInt(deposit)),
    terms.feeYocto,
    costs,
  );
  const shortage = findShortage(await gate.purse(relayer.accountId, approver.accountId), needs);
  conductor.isRelayerShort = shortage === "relayer";
  if (shortage !== undefined) return { kind: "waits", waitingFor: "balance_low", position: 0 };
  if (!(await hasUsableKeys(tools))) return { kind: "waits", waitingFor: "no_usable_key", position: 0 };
  return { kind: "ok", feeYocto: terms.feeYocto };
}

async function hasUsableKeys({ node, relayer, approver }: Needed): Promise<boolean> {
  const keys = [relayer, approver].map(async (ring) => node.accessKey(ring.accountId, ring.idlest.publicKey));
  return (await Promise.all(keys)).every((key) => key !== undefined);
}

async function readBalances(
  { node, config }: Needed,
  state: WorkflowState,
  { accountId }: Account,
): Promise<Map<string, bigint>> {
  const tokens = tokensOf(state.calls);
  if (tokens.length === 0) return new Map();
  const { value } = await node.view(config.verifierId, "mt_batch_balance_of", {
    account_id: accountId,
    token_ids: tokens,
  });
  const amounts = strings(value);
  return new Map(tokens.map((token, index) => [token, BigInt(amounts[index] ?? "0")]));
}

/**
 * A signed delegate is public and could be relayed past the gate, unless its nonce is below that of the wallet's own key
 * on NEAR. Nonces are milliseconds since the epoch, so a key of any age is far above them.
 */
async function refuseWallet(
  { node, ports }: Needed,
  state: WorkflowState,
  account: Account,
): Promise<EventInit | undefined> {
  const late = state.calls.find((call) => {
    const limit = call.payload.case === "intents" ? call.payload.value.notAfterMs : undefined;
    return limit !== undefined && Number(limit) <= ports.clock.now();
  });
  if (late !== undefined)
    return failed("timed_out", "the deadline given with near_intents passed before the gate could take the call");
  const key = await node.accessKey(account.accountId, account.publicKey);
  const latestNonce = BigInt(ports.clock.now()) + 1_000_000_000n;
  if (key === undefined || key.nonce > latestNonce) return undefined;
  return failed(
    "unsafe_delegate_nonce",
    `the key of ${account.accountId} has a nonce on NEAR that is too low: a signed call could be relayed past the gate`,
  );
}

function refuseShortfall(state: WorkflowState, balances: ReadonlyMap<string, bigint>): EventInit | undefined {
  const shortfall = findShortfall(state.calls, balances);
  if (shortfall === undefined) return undefined;
  const { step, token, balance, needed } = shortfall;
  return failed(
    "insufficient_balance",
    `step ${step + 1} of ${state.calls.length} moves ${needed} of ${token}, but only ${balance} would be left in the verifier by then`,
  );
}

function failed(errorCode: string, userVisibleError: string): EventInit {
  return { case: "ended", value: { status: "failed", errorCode, userVisibleError } };
}
