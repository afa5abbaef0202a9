import type { Ports } from "@outlayer/kit";
import { decodeBase64, encodeBase64, verifierNonce } from "@outlayer/near";
import type { DriverConfig } from "../../../config.ts";
import type { EvidenceLog } from "../../../core/ports/evidence-log.ts";
import { RpcUnavailable } from "../../../core/ports/near-node.ts";
import type { Signer } from "../../../core/ports/signer.ts";
import { ApprovalsMissing, GrantLapsed, KeystoreRefused, type StepTerms } from "../../../core/ports/signer.ts";
import type { EventInit } from "../../../core/workflow/action.ts";
import { type Account, delegateSignerOf, type Terms, type WorkflowState } from "../../../core/workflow/state.ts";
import type { Follower } from "../../chain/follower.ts";
import type { SaltReader } from "../../chain/salt-reader.ts";
import { checkPolicy, endOnRefusal, type Grants } from "../../policy/check-policy.ts";
import type { PolicyLine } from "../../policy/policy-line.ts";

export interface SignNeeds {
  readonly signer: Signer;
  readonly evidence: EvidenceLog;
  readonly policyLine: PolicyLine;
  readonly follower: Follower;
  readonly salts: SaltReader;
  readonly ports: Ports;
  readonly config: DriverConfig;
}

/**
 * Time for which a nonce outlives its payload, milliseconds: 7 days, longer than nodes remember transactions. Until it is over the
 * verifier keeps whether the nonce was used (rule: unused-nonce-counts-while-kept).
 */
const nonceOutlivesMs = 7 * 86_400_000;

interface Signing {
  readonly grants: Grants;
  /** Writes an event to the workflow's log. */
  readonly append: (event: EventInit) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Has every step signed, under grants for these terms alone, which are renewed where needed. The terms are appended first, so that
 * signatures left by a crash are known to be possible until the terms are over (rule: signed-means-possible); until then the same
 * terms are signed again. Nothing is sent before all steps are signed and the signatures appended. A denial meanwhile ends the
 * workflow, and its signatures are never sent (rule: late-denial-sends-nothing).
 * @returns undefined where the driver was told to stop: signatures made by then go nowhere either
 */
export async function sign(
  tools: SignNeeds,
  state: WorkflowState,
  account: Account,
  { grants, append, signal }: Signing,
): Promise<EventInit | undefined> {
  const { heads, timeMs } = tools.follower;
  if (heads === undefined || timeMs === undefined) throw new RangeError("signing needs a block");
  const { height } = heads.final;
  const known = state.steps.flatMap(({ terms }) => terms ?? []);
  const isFirst = known.length < state.steps.length || state.discarded;
  if (isFirst && !tools.follower.isCurrent) throw new RpcUnavailable("the chain has not been seen for a while");
  if (isFirst && grants.areOld(height)) await abandonTerms(grants, state, append);
  const terms = isFirst
    ? await grants.termsOf(height, () => newTerms(tools, state, account, { height, timeMs }))
    : known;
  if (isFirst) {
    const refused = await renew(tools, state, grants, terms, 0);
    if (refused !== undefined) return refused;
    await append({ case: "signingPrepared", value: { steps: [...terms] } });
  }
  grants.forgetTerms();
  const steps = [];
  for (const [step, bounds] of terms.entries()) {
    if (signal.aborted) return undefined;
    const refused = await renew(tools, state, grants, terms, step);
    if (refused !== undefined) return thrownAway(refused, steps.length);
    try {
      steps.push(await signStep(tools, state, grants, { step, terms: bounds, height }));
    } catch (error) {
      if (error instanceof GrantLapsed) {
        grants.drop();
        throw error;
      }
      const end = endOnRefusal(error);
      if (isFirst && step === 0 && hasSignedNothing(error)) {
        const reason = "the keystore refused to sign anything";
        await append({ case: "signaturesDiscarded", value: { reason, nothingSigned: true } });
      }
      return end;
    }
  }
  return { case: "signed", value: { steps } };
}

/**
 * Writes down terms that evidence counts although nothing will be signed on them, because the log moved on before it held them:
 * evidence releases only usage that a log says is over. Where the answer to the append of the terms was lost, the log may hold
 * them already.
 */
export async function abandonTerms(grants: Grants, state: WorkflowState, append: Signing["append"]): Promise<void> {
  const steps = grants.unwritten;
  if (steps === undefined) return;
  const areLogged = steps.every(({ delegateNonce }, step) => state.steps[step]?.terms?.delegateNonce === delegateNonce);
  if (!areLogged) await append({ case: "signingPrepared", value: { steps: [...steps] } });
  const reason = "nothing was signed on these terms";
  await append({ case: "signaturesDiscarded", value: { reason, nothingSigned: true } });
  grants.forgetTerms();
}

/** Whether the refusal says that this very request had nothing signed, not even in part. */
function hasSignedNothing(error: unknown): boolean {
  return (error instanceof KeystoreRefused || error instanceof ApprovalsMissing) && error.nothingSigned;
}

/** Asks policy with the terms where the step has no grant, or one about to expire. @returns the workflow's end, if policy refuses */
async function renew(
  tools: SignNeeds,
  state: WorkflowState,
  grants: Grants,
  terms: readonly Terms[],
  step: number,
): Promise<EventInit | undefined> {
  if (grants.of(step, tools.ports.clock.now()) !== undefined) return undefined;
  const answer = await checkPolicy(tools, state, grants, terms.map(asked));
  return answer.case === "policyAllowed" ? undefined : answer;
}

function thrownAway(end: EventInit, signed: number): EventInit {
  if (end.case !== "ended" || signed === 0) return end;
  const userVisibleError = `${end.value.userVisibleError ?? ""}; what had been signed before was thrown away unsent`;
  return { case: "ended", value: { ...end.value, userVisibleError } as typeof end.value };
}

/** Chooses terms: heights count from the final block, time by the chain's (rule: time-is-the-chains). */
async function newTerms(
  { evidence, salts, ports, config }: SignNeeds,
  { calls }: WorkflowState,
  account: Account,
  { height, timeMs }: { readonly height: number; readonly timeMs: number },
): Promise<readonly Terms[]> {
  const nonces = await evidence.reserveNonces(delegateSignerOf(account).accountId, calls.length);
  const salt = await salts.current();
  const maxBlockHeight = BigInt(height + config.delegateValidityBlocks);
  return calls.map(({ payload }, step) => {
    const delegate = { delegateNonce: nonces[step] ?? 0n, maxBlockHeight };
    if (payload.case !== "intents") return { nonce: "", deadlineMs: 0n, ...delegate };
    const deadlineMs = deadlineOf(timeMs + config.intentsDeadlineMs, payload.value.notAfterMs);
    const nonce = encodeBase64(verifierNonce(salt, deadlineMs + nonceOutlivesMs, ports.random.bytes(15)));
    return { nonce, deadlineMs: BigInt(deadlineMs), ...delegate };
  });
}

/** Terms as signer-proxy takes them. */
function asked({ nonce, deadlineMs, delegateNonce, maxBlockHeight }: Terms): StepTerms {
  return { intentsNonce: decodeBase64(nonce), intentsDeadlineMs: deadlineMs, delegateNonce, maxBlockHeight };
}

interface StepToSign {
  readonly step: number;
  readonly terms: Terms;
  readonly height: number;
}

async function signStep(
  { signer, ports }: SignNeeds,
  state: WorkflowState,
  grants: Grants,
  { step, terms, height }: StepToSign,
) {
  const call = state.calls[step];
  const permit = grants.of(step, ports.clock.now());
  if (call === undefined || permit === undefined) throw new GrantLapsed(`no grant for step ${step}`);
  const { nonce, deadlineMs, delegateNonce, maxBlockHeight } = terms;
  const signed = await signer.signStep({
    walletId: state.walletId,
    requestId: state.requestId,
    step,
    call,
    ...permit,
    ...asked(terms),
    currentBlockHeight: BigInt(height),
    ...(state.approval === undefined ? {} : { approval: state.approval }),
  });
  const { payloadJson, intentHash, signedDelegateBase64 } = signed;
  const delegate = { signedDelegateBase64, delegateNonce, maxBlockHeight };
  if (payloadJson === undefined || intentHash === undefined) return delegate;
  return { ...delegate, payload: { payloadJson, intentHash, nonce, deadlineMs } };
}

/** Whole seconds, as the payload's text has no fractions, and never later than the caller wants. */
function deadlineOf(latestMs: number, notAfterMs: bigint | undefined): number {
  const limit = notAfterMs === undefined ? latestMs : Math.min(latestMs, Number(notAfterMs));
  return Math.floor(limit / 1000) * 1000;
}
