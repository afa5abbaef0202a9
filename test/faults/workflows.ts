import { registerStep, transfer } from "../support/steps.ts";

/** A kind of workflow, and how each of them ends, whatever happens on its way. */
export interface Shape {
  readonly name: string;
  /** @param unique no two workflows of a world ask for the same, so that the chain shows of which one an effect is */
  steps(unique: number): readonly object[];
  readonly wishes: object;
  readonly status: string;
  readonly outcomes: readonly string[];
}

const amount = (unique: number) => String(10n ** 18n + BigInt(unique));

/** Two transfers as one chain. */
export const chained: Shape = {
  name: "a chain",
  steps: (unique) => [transfer(amount(2 * unique)), transfer(amount(2 * unique + 1))],
  wishes: {},
  status: "succeeded",
  outcomes: ["succeeded", "succeeded"],
};

/** One by one: the first fails on chain, the second is rejected, and its payload cancelled. */
export const halting: Shape = {
  name: "a halting one",
  steps: (unique) => [
    { ...registerStep(unique), args_json: { value: `no number ${unique}` } },
    transfer(amount(2 * unique)),
  ],
  wishes: { on_failure: "halt" },
  status: "failed",
  outcomes: ["failed_on_chain", "not_executed"],
};

/** One that its caller cancels before anything of it was sent. */
export const withdrawn: Shape = {
  ...chained,
  name: "a cancelled one",
  status: "cancelled",
  outcomes: ["not_executed", "not_executed"],
};

export const shapes: readonly Shape[] = [chained, halting];
