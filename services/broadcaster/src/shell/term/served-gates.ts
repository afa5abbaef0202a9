import { areSameGates } from "@outlayer/access";
import type { Logger } from "@outlayer/kit";
import type { LeaseKeeper } from "./lease-keeper.ts";

/** A gate as it is configured. */
interface Operated {
  readonly gateId: string;
}

/** A gate, and the keeper of its lease. */
export interface ServedGate<O extends Operated> {
  readonly operated: O;
  readonly keeper: Pick<LeaseKeeper, "start" | "stop">;
}

/**
 * The gates that this process serves. Gates may come, go and change while it runs: a gate that stays as it was is not touched. One that
 * goes or changes has its term ended and its lease given back before any other begins, since an account may move between gates.
 */
export class ServedGates<O extends Operated, G extends ServedGate<O>> {
  readonly #serve: (operated: O) => G;
  readonly #logger: Logger;
  #gates: readonly G[];
  #isRunning = false;
  #change = Promise.resolve();

  /** @param serve makes what serves a gate, without starting it */
  constructor(serve: (operated: O) => G, logger: Logger, first: readonly O[]) {
    this.#serve = serve;
    this.#logger = logger;
    this.#gates = first.map(serve);
  }

  /** In the operator's order. */
  get all(): readonly G[] {
    return this.#gates;
  }

  start(): void {
    this.#isRunning = true;
    for (const { keeper } of this.#gates) keeper.start();
  }

  /** Changes are made one after the other. Resolves once this one is made, or nothing runs any more. */
  change(wanted: readonly O[]): Promise<void> {
    this.#change = this.#change.then(() => this.#become(wanted));
    return this.#change;
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all([this.#change, ...this.#gates.map(({ keeper }) => keeper.stop())]);
  }

  async #become(wanted: readonly O[]): Promise<void> {
    const kept = (operated: O) => this.#gates.find((gate) => areSameGates([gate.operated], [operated]));
    const staying = new Set(wanted.map(kept));
    const leaving = this.#gates.filter((gate) => !staying.has(gate));
    // One that changes answers who asks about it until it is replaced; one that goes is not there any more.
    const isWanted = ({ operated }: G) => wanted.some(({ gateId }) => gateId === operated.gateId);
    this.#gates = this.#gates.filter(isWanted);
    await Promise.all(leaving.map(({ keeper }) => keeper.stop()));
    if (!this.#isRunning) return;
    const coming = wanted.filter((operated) => kept(operated) === undefined);
    this.#gates = wanted.map((operated) => kept(operated) ?? this.#serve(operated));
    for (const { operated, keeper } of this.#gates) if (coming.includes(operated)) keeper.start();
    const ids = (gates: readonly O[]) => gates.map(({ gateId }) => gateId);
    this.#logger.info({ gone: ids(leaving.map(({ operated }) => operated)), new: ids(coming) }, "gates have changed");
  }
}
