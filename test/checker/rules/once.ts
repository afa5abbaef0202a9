import type { ChainFacts } from "../chain.ts";
import type { Violation } from "../violation.ts";
import { callEffect, payloadEffect, type StepFacts, type WorkflowFacts } from "../workflow.ts";

/** Outcomes that say of a step that what it asks for has happened, be it that it was taken back later. */
const happened = ["succeeded", "succeeded_elsewhere", "refunded"];

interface Claim {
  readonly requestId: string;
  readonly step: StepFacts;
  readonly saysItHappened: boolean;
  /** Whether it is said that nobody can tell. */
  readonly isUnknowable: boolean;
  readonly isEnded: boolean;
}

/**
 * No delegate is dispatched twice, no payload executed twice. And whatever was signed, by whomever: what a workflow asks
 * for has happened on the chain exactly as often as records say that it did.
 */
export function checkOnce(chain: ChainFacts, workflows: readonly WorkflowFacts[], verifierId: string): Violation[] {
  return [
    ...dispatchedTwice(chain),
    ...executedTwice(chain),
    ...checkEffects(effectsOnChain(chain, verifierId), claimsOf(workflows)),
  ];
}

function dispatchedTwice({ dispatched, submitted }: ChainFacts): Violation[] {
  const violations: Violation[] = [];
  const byDelegate = new Map<string, string>();
  for (const [place, dispatches] of dispatched) {
    if (dispatches.length > 1) violations.push({ kind: "twice", sentence: `intent ${place} was dispatched twice` });
    const { sender, nonce } = submitted.get(place) ?? {};
    const delegate = `${sender} ${nonce}`;
    const other = byDelegate.get(delegate);
    if (other !== undefined) {
      violations.push({ kind: "twice", sentence: `intents ${other} and ${place} carry the delegate ${delegate}` });
    }
    byDelegate.set(delegate, place);
  }
  return violations;
}

function executedTwice({ executed }: ChainFacts): Violation[] {
  const seen = new Set<string>();
  return executed.flatMap(({ accountId, nonce, receipt }) => {
    const key = `${accountId} ${nonce}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew ? [] : [{ kind: "twice", sentence: `nonce ${key} was executed again in ${receipt.txHash}` }];
  });
}

/** How often each effect took place. */
function effectsOnChain({ dispatched, submitted, payloads }: ChainFacts, verifierId: string): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (effect: string) => counts.set(effect, (counts.get(effect) ?? 0) + 1);
  for (const { signerId, intents } of payloads) count(payloadEffect(signerId, intents));
  for (const [place, dispatches] of dispatched) {
    const sender = submitted.get(place)?.sender ?? "";
    for (const { target, result } of dispatches) {
      if (target === undefined || result.kind !== "value" || target.executorId === verifierId) continue;
      count(callEffect(sender, target.executorId, target.method ?? "", target.args ?? ""));
    }
  }
  return counts;
}

function claimsOf(workflows: readonly WorkflowFacts[]): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  for (const { requestId, record, steps, isEnded } of workflows) {
    for (const step of steps) {
      const hasRun = record.dispatch_receipts[step.index]?.status === "success";
      const outcome = record.step_outcomes[step.index]?.outcome ?? "";
      const saysItHappened = hasRun || happened.includes(outcome);
      // Of its own payloads some were carried by others, and the record does not say which.
      const isUnknowable = outcome === "unknowable" || outcome === "partly_elsewhere";
      const claim = { requestId, step, saysItHappened, isUnknowable, isEnded };
      for (const effect of step.effects) claims.set(effect, [...(claims.get(effect) ?? []), claim]);
    }
  }
  return claims;
}

function checkEffects(counts: ReadonlyMap<string, number>, claims: ReadonlyMap<string, readonly Claim[]>): Violation[] {
  const violations: Violation[] = [];
  for (const [effect, claimed] of claims) {
    const took = counts.get(effect) ?? 0;
    const said = claimed.filter(({ saysItHappened }) => saysItHappened).length;
    const most = claimed.filter(({ saysItHappened, isUnknowable }) => saysItHappened || isUnknowable).length;
    const requestId = claimed[0]?.requestId;
    const times = `took place ${took} times, and records say so of ${said} of ${claimed.length} steps: ${effect}`;
    if (took > claimed.length)
      violations.push({ kind: "twice", requestId, sentence: `what was asked for once ${times}` });
    else if (took < said)
      violations.push({ kind: "untrue", requestId, sentence: `what is said to have succeeded ${times}` });
    else if (took > most && claimed.every(({ isEnded }) => isEnded)) {
      violations.push({ kind: "untrue", requestId, sentence: `what is said not to have happened ${times}` });
    }
  }
  return violations;
}
