import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { field, list, object } from "../chain/json.ts";
import type { Finding } from "./finding.ts";

/** A run of `simulate_intents` over the payloads of all steps up to and including one with intents. */
export interface Rehearsal {
  /** Index of the last step in it. */
  readonly step: number;
  /** Number of its payloads that ask for one unit of the blocking token. */
  readonly blocked: number;
  /** Number of its payloads in all. */
  readonly payloads: number;
  /** JSON text of the arguments. */
  readonly argsJson: string;
}

/** The verifier's answer to a rehearsal. */
export type RehearsalAnswer = { readonly value: unknown } | { readonly panic: string };

/**
 * One rehearsal per step with intents, each with all payloads up to it. Steps are executed one by one, so each has to balance by
 * itself: that holds if every rehearsal shows one blocking unit more than the one before it and nothing else.
 * Payloads that a session's account has signed itself stand as they are, with no blocking unit: they can be executed.
 * @param signed per call the payload that was signed for simulation; empty for a call without intents
 */
export function rehearsals(calls: readonly GateCall[], signed: readonly string[]): readonly Rehearsal[] {
  const payloads: string[] = [];
  return calls.flatMap(({ payload }, step) => {
    const ours = signed[step];
    if (payload.case === "own") payloads.push(...payload.value.payloads.map(({ payloadJson }) => payloadJson));
    else if (payload.case === "intents" && ours !== undefined) {
      payloads.push(ours, ...payload.value.counterpartySignedJson);
    } else return [];
    const blocked = calls.slice(0, step + 1).filter((call) => call.payload.case === "intents").length;
    return [{ step, blocked, payloads: payloads.length, argsJson: `{"signed":[${payloads.join()}]}` }];
  });
}

/** Passes if the verifier answers with exactly the blocking units (rule: simulated-payload-never-balances). */
export function checkSimulation(
  calls: number,
  made: readonly (Rehearsal & { readonly answer: RehearsalAnswer })[],
  blockingToken: string,
): Finding {
  if (made.length === 0) {
    const message = "no step has intents, so there is nothing to simulate";
    return { ok: true, expected: "nothing", actual: "nothing", message };
  }
  const expectedOf = ({ blocked }: Rehearsal) =>
    blocked === 0 ? balanced : deltasText({ [blockingToken]: String(blocked) });
  for (const rehearsal of made) {
    const { step, payloads, answer } = rehearsal;
    const name = `step ${step + 1} of ${calls}`;
    const expected = expectedOf(rehearsal);
    if ("panic" in answer) {
      const message = `${name} would fail in the verifier: ${answer.panic}`;
      return { ok: false, expected, actual: answer.panic, message };
    }
    const actual = outcomeText(answer.value);
    if (actual !== expected) {
      return {
        ok: false,
        expected,
        actual,
        message: `${name} does not balance in the verifier as it should: ${actual}`,
      };
    }
    const executed = list(field(answer.value, "intents_executed")).length;
    if (executed !== payloads) {
      const message = `${name} would not be executed whole: ${executed} of ${payloads} payloads`;
      return { ok: false, expected: `${payloads} payloads`, actual: `${executed} payloads`, message };
    }
  }
  const last = made.at(-1) as Rehearsal;
  const message = "the verifier would execute all steps that have intents";
  return { ok: true, expected: expectedOf(last), actual: expectedOf(last), message };
}

const balanced = "balanced";

/** The verifier's word on the balance: the deltas, `balanced`, or another violation unchanged. */
function outcomeText(value: unknown): string {
  const violation = object(field(value, "invariant_violated"));
  if (violation === undefined) return balanced;
  const deltas = object(violation.unmatched_deltas);
  if (violation.error !== "unmatched_deltas" || deltas === undefined) return JSON.stringify(violation);
  return deltasText(deltas);
}

function deltasText(deltas: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(deltas).sort(([a], [b]) => (a < b ? -1 : 1));
  return `unmatched_deltas ${JSON.stringify(Object.fromEntries(sorted))}`;
}
