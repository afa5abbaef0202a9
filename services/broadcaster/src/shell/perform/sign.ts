import { encodeBase64, verifierNonce } from "@outlayer/near";
import { GrantLapsed } from "../../adapters/signer-proxy/signer.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import type { Account, WorkflowState } from "../../core/workflow/state.ts";
import type { Tools } from "../tools.ts";
import { checkPolicy, endOnRefusal, type Grants } from "./policy.ts";

type Needed = Pick<Tools, "signer" | "evidence" | "policyTurns" | "follower" | "salts" | "ports" | "config">;

/**
 * Has every step signed, under grants that are renewed where needed. Nothing of it is sent before all are signed and
 * written down; a denial meanwhile ends the workflow and what was signed goes nowhere (decision 6).
 * @returns undefined where it was told to stop: what was signed by then goes nowhere either
 */
export async function sign(
  tools: Needed,
  state: WorkflowState,
  account: Account,
  grants: Grants,
  signal: AbortSignal,
): Promise<EventInit | undefined> {
  const { evidence, follower, salts } = tools;
  const final = follower.heads?.final;
  if (final === undefined) throw new RangeError("signing needs a height");
  const nonces = await evidence.reserveNonces(account.accountId, state.calls.length);
  const salt = await salts.current();
  const steps = [];
  for (const step of state.calls.keys()) {
    if (signal.aborted) return undefined;
    const renewed = await renew(tools, state, grants, step);
    if (renewed !== undefined) return afterSigning(renewed, steps.length);
    try {
      steps.push(await signStep(tools, state, grants, { step, salt, nonce: nonces[step] ?? 0n, height: final.height }));
    } catch (error) {
      if (!(error instanceof GrantLapsed)) return endOnRefusal(error);
      grants.drop();
      throw error;
    }
  }
  return { case: "signed", value: { steps } };
}

/** Asks policy again where the grant is about to expire. @returns how the workflow ends, if it does */
async function renew(
  tools: Needed,
  state: WorkflowState,
  grants: Grants,
  step: number,
): Promise<EventInit | undefined> {
  if (grants.of(step, tools.ports.clock.now()) !== undefined) return undefined;
  const answer = await checkPolicy(tools, state, grants);
  return answer.case === "policyAllowed" ? undefined : answer;
}

function afterSigning(end: EventInit, signed: number): EventInit {
  if (end.case !== "ended" || signed === 0) return end;
  const userVisibleError = `${end.value.userVisibleError ?? ""}; what had been signed before was thrown away unsent`;
  return { case: "ended", value: { ...end.value, userVisibleError } as typeof end.value };
}

interface StepToSign {
  readonly step: number;
  readonly salt: Uint8Array;
  readonly nonce: bigint;
  readonly height: number;
}

async function signStep(
  { signer, ports, config }: Needed,
  state: WorkflowState,
  grants: Grants,
  { step, salt, nonce, height }: StepToSign,
) {
  const call = state.calls[step];
  const grant = grants.of(step, ports.clock.now());
  if (call === undefined || grant === undefined) throw new GrantLapsed(`no grant for step ${step}`);
  const intents = call.payload.case === "intents" ? call.payload.value : undefined;
  const deadlineMs = deadlineOf(ports.clock.now() + config.intentsDeadlineMs, intents?.notAfterMs);
  const intentsNonce =
    intents === undefined ? new Uint8Array() : verifierNonce(salt, deadlineMs, ports.random.bytes(15));
  const maxBlockHeight = BigInt(height + config.delegateValidityBlocks);
  const signed = await signer.signStep({
    walletId: state.walletId,
    requestId: state.requestId,
    step,
    call,
    grant,
    intentsNonce,
    intentsDeadlineMs: intents === undefined ? 0n : BigInt(deadlineMs),
    delegateNonce: nonce,
    maxBlockHeight,
    currentBlockHeight: BigInt(height),
    ...(state.approval === undefined ? {} : { approval: state.approval }),
  });
  const { payloadJson, intentHash, signedDelegateBase64 } = signed;
  const delegate = { signedDelegateBase64, delegateNonce: nonce, maxBlockHeight };
  if (payloadJson === undefined || intentHash === undefined) return delegate;
  const payload = { payloadJson, intentHash, nonce: encodeBase64(intentsNonce), deadlineMs: BigInt(deadlineMs) };
  return { ...delegate, payload };
}

/** A whole second: the payload's text has no fractions. Never later than the caller wants. */
function deadlineOf(latestMs: number, notAfterMs: bigint | undefined): number {
  const limit = notAfterMs === undefined ? latestMs : Math.min(latestMs, Number(notAfterMs));
  return Math.floor(limit / 1000) * 1000;
}
