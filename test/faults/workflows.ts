import { scope } from "../support/direct-user.ts";
import { registerStep, transfer } from "../support/steps.ts";

/** A kind of request, and how each of them ends, whatever happens on its way. */
export interface Shape {
  readonly name: string;
  /** Where it is posted, below `/wallet/v1`. */
  readonly path: string;
  /** Whether it is a call of a user's own key, which one wallet has. */
  readonly isUsers?: true;
  /** @param unique no two of a world ask the gate for the same, so that the chain shows of which one an effect is */
  body(unique: number): object;
  readonly status: string;
  readonly outcomes: readonly string[];
}

const path = "/workflows/execute";

const amount = (unique: number) => String(10n ** 18n + BigInt(unique));

const failing = (unique: number) => ({ ...registerStep(unique), args_json: { value: `no number ${unique}` } });

/** Two transfers as one chain. */
export const chained = {
  name: "a chain",
  path,
  body: (unique: number) => ({ steps: [transfer(amount(2 * unique)), transfer(amount(2 * unique + 1))] }),
  status: "succeeded",
  outcomes: ["succeeded", "succeeded"],
} satisfies Shape;

/** One by one: the first fails on chain, and the gate is told to reject the second, which carries no payload that could be cancelled. */
const rejected: Shape = {
  name: "a rejected one",
  path,
  body: (unique) => ({
    steps: [failing(2 * unique), registerStep(2 * unique + 1)],
    on_failure: "halt",
  }),
  status: "failed",
  outcomes: ["failed_on_chain", "not_executed"],
};

/** The same, but the second's payload is cancelled. */
export const halting: Shape = {
  ...rejected,
  name: "a halting one",
  body: (unique) => ({ steps: [failing(2 * unique), transfer(amount(2 * unique))], on_failure: "halt" }),
};

/** Two calls without payloads, so that what is signed for them is good for some blocks and not for some minutes. */
export const resigned: Shape = {
  ...chained,
  name: "one that is signed anew",
  body: (unique) => ({ steps: [registerStep(2 * unique), registerStep(2 * unique + 1)] }),
};

/** One that its caller cancels before anything of it was sent. */
export const withdrawn: Shape = {
  ...resigned,
  name: "a cancelled one",
  status: "cancelled",
  outcomes: ["not_executed", "not_executed"],
};

/** One that the gate does not take in. */
export const refused: Shape = { ...withdrawn, body: chained.body, name: "a refused one", status: "failed" };

/** One of which nothing more is sent once its resume is written down, until its time on the gate is over. */
export const abandoned: Shape = { ...refused, name: "an abandoned one" };

/** A plain call that may have been executed: nobody remembers. */
export const forgottenCall: Shape = {
  ...chained,
  name: "a forgotten one",
  body: (unique) => ({ steps: [registerStep(2 * unique)] }),
  status: "failed",
  outcomes: ["unknowable"],
};

/** A call of a user's own key, which passes no gate. */
export const userCall: Shape = {
  name: "a user's call",
  isUsers: true,
  path: "/direct-user/function-call/execute",
  body: () => scope,
  status: "succeeded",
  outcomes: [],
};

/** One that may have been made: nobody remembers. */
export const forgottenUserCall: Shape = { ...userCall, name: "a user's forgotten call", status: "failed" };

/** They end so where what befalls them comes in time. */
export const ofTroubles: readonly Shape[] = [withdrawn, refused, abandoned, forgottenCall, forgottenUserCall];

/** Those of the gate. */
export const shapes: readonly Shape[] = [chained, rejected, halting];
