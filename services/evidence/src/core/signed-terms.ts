import type { Event } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { termsText } from "@outlayer/workflow";
import { directUserEndpoint } from "./direct-user-record.ts";
import type { Sha256Hex } from "./entry.ts";

/**
 * What a log says of a step that may have been signed on certain terms. `unknown`: the log does not name the terms, so nothing is
 * known of how long the signature is valid.
 */
export type Fate = "over" | "possible" | "executed" | "unknown";

export interface FatesOnTerms {
  readonly of: (step: number) => Fate;
  /** Whether the log says that these signatures were discarded, so that others may replace them once all are over. */
  readonly discarded: boolean;
}

/**
 * Reads in a log what became of signatures on given terms. signer-proxy knows terms by their digest, so the log's writer cannot
 * name other ones (rule: signed-means-possible). Evidence does not know NEAR: it believes what the log says of the chain, but
 * judges by its own clock whether a deadline has passed.
 * @param nowMs milliseconds since the epoch
 */
export function fatesOnTerms(
  log: readonly Event[],
  termsDigest: string,
  nowMs: number,
  sha256Hex: Sha256Hex,
): FatesOnTerms {
  const begun = log.findLastIndex((event) => digestOf(event, sha256Hex) === termsDigest);
  const prepared = log[begun]?.kind;
  const kinds = log.slice(begun + 1).map(({ kind }) => kind);
  switch (prepared?.case) {
    case "signingPrepared": {
      const discards = kinds.flatMap((kind) => (kind.case === "signaturesDiscarded" ? kind.value : []));
      if (discards.some(({ nothingSigned }) => nothingSigned)) return { of: () => "over", discarded: true };
      const steps = prepared.value.steps;
      const of = (step: number) => {
        const ownMs = ownDeadlineOf(log, step);
        const fate = fateOfStep(kinds, step, steps[step]?.deadlineMs ?? 0n, nowMs);
        // On the gate its delegate may wait for longer than its payloads hold.
        return fate === "possible" && ownMs !== undefined && BigInt(nowMs) > ownMs ? "over" : fate;
      };
      return { of, discarded: discards.length > 0 };
    }
    case "directUserCallPrepared": {
      const fate = fateOfCall(kinds, prepared.value.transaction?.hash ?? "");
      return { of: () => fate, discarded: fate === "over" };
    }
    default: {
      // A direct-user call is recorded as soon as it is signed, and its key can attach no deposit.
      const isUserCall = log[0]?.kind.case === "opened" && log[0].kind.value.endpoint === directUserEndpoint;
      return { of: () => (isUserCall ? "over" : "unknown"), discarded: false };
    }
  }
}

type Kinds = readonly Event["kind"][];

/** Latest deadline of payloads that the session's account has signed itself; undefined for other steps. */
function ownDeadlineOf([first]: readonly Event[], step: number): bigint | undefined {
  const payload = first?.kind.case === "opened" ? first.kind.value.calls[step]?.payload : undefined;
  if (payload?.case !== "own") return undefined;
  return payload.value.payloads.reduce((latest, { deadlineMs }) => (deadlineMs > latest ? deadlineMs : latest), 0n);
}

/** @param deadlineMs of the step's payload; 0 for a step without one */
function fateOfStep(kinds: Kinds, step: number, deadlineMs: bigint, nowMs: number): Fate {
  let [isAccepted, isDone, isCancelled] = [false, false, false];
  for (const kind of kinds) {
    switch (kind.case) {
      case "submissionsAccepted":
        isAccepted ||= kind.value.steps.some((accepted) => accepted.step === step);
        break;
      case "idsWithdrawn":
        if (kind.value.steps.includes(step)) isAccepted = false;
        break;
      case "stepResolved":
        if (kind.value.step !== step) break;
        // A payload that ran never runs again; where all that it took came back, nothing of it counts.
        if (kind.value.receipt?.status === "success") return kind.value.cameBack ? "over" : "executed";
        isDone = true;
        break;
      case "intentClosed":
        isDone ||= kind.value.step === step;
        break;
      case "cancelResolved":
        isCancelled ||= kind.value.steps.includes(step);
        break;
    }
  }
  // Anybody can carry a public payload until its deadline, even after our own attempt failed.
  if (deadlineMs > 0n) return isCancelled || BigInt(nowMs) > deadlineMs ? "over" : "possible";
  // A call that the gate never accepted is dead by its delegate's height, which evidence does not know.
  return isAccepted && !isDone ? "possible" : "over";
}

function fateOfCall(kinds: Kinds, hash: string): Fate {
  for (const { case: name, value } of kinds) {
    if (name === "transactionDead" && value.txHash === hash) return "over";
    if (name === "directUserCallResolved" && value.txHash === hash) {
      return value.status === "success" ? "executed" : "over";
    }
  }
  return "possible";
}

/** The digest that signer-proxy computes for the event's terms. Undefined for events that name no terms. */
function digestOf({ kind }: Event, sha256Hex: Sha256Hex): string | undefined {
  switch (kind.case) {
    case "signingPrepared":
      return sha256Hex(termsText(kind.value.steps));
    case "directUserCallPrepared": {
      const { publicKey = "", nonce = 0n } = kind.value.transaction ?? {};
      return sha256Hex(termsText([{ publicKey, nonce }]));
    }
    default:
      return undefined;
  }
}
