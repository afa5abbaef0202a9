import { FairLine, Notifier } from "@outlayer/kit";
import { type Candidate, lineTerms } from "../../core/gate/candidate.ts";
import { IntakeWindow } from "../../core/gate/intake-window.ts";

/**
 * Lets in workflows that need no place on the gate: as many at once as get through before their signatures are old. The
 * others wait in a fair line, and are called. Made anew with each term.
 */
export class Intake {
  readonly #window: IntakeWindow;
  readonly #line = new FairLine<Candidate>({ ...lineTerms, cost: ({ calls }) => calls });
  readonly #calls = new Map<string, Notifier>();
  /** Numbers of the workflows under way, by request id. */
  readonly #inside = new Map<string, number>();

  /** @param inTimeBlocks longest passage that counts as in time: see `blocksTaken` */
  constructor(inTimeBlocks: number) {
    this.#window = new IntakeWindow(inTimeBlocks);
  }

  /** Number of workflows in the line, and under way. */
  get size(): number {
    return this.#calls.size + this.#inside.size;
  }

  /** Whether the workflow is let in now; then it counts as under way. Asking in vain puts it into the line. */
  enter(candidate: Candidate): boolean {
    const { requestId } = candidate;
    if (this.#inside.has(requestId)) return true;
    this.#line.add(candidate);
    if (this.#line.first?.requestId !== requestId || !this.#hasRoom) {
      if (!this.#calls.has(requestId)) this.#calls.set(requestId, new Notifier());
      return false;
    }
    this.hold(requestId);
    this.#callFirst();
    return true;
  }

  /** Whether the workflow is in the line, or under way. */
  has(requestId: string): boolean {
    return this.isWaiting(requestId) || this.#inside.has(requestId);
  }

  isWaiting(requestId: string): boolean {
    return this.#line.has(requestId);
  }

  /** Notifies when a workflow in the line may enter; undefined where it may now. */
  callsFor(requestId: string): Notifier | undefined {
    const mayEnter = this.#line.first?.requestId === requestId && this.#hasRoom;
    return mayEnter ? undefined : this.#calls.get(requestId);
  }

  /** Counts an admitted workflow as under way; perhaps an earlier term admitted it. */
  hold(requestId: string): void {
    if (!this.#inside.has(requestId)) this.#inside.set(requestId, this.#window.take());
    this.#line.take(requestId);
    this.#calls.delete(requestId);
  }

  /** Makes room. @param blocks that the workflow took, by `blocksTaken`; undefined where it was not admitted after all */
  release(requestId: string, blocks: number | undefined): void {
    const number = this.#inside.get(requestId);
    if (number === undefined) return;
    this.#inside.delete(requestId);
    if (blocks !== undefined) this.#window.note({ number, blocks });
    this.#callFirst();
  }

  /** Forgets a workflow that has ended, or whose own trouble must not hold up those behind it. */
  leave(requestId: string): void {
    this.#line.remove(requestId);
    this.#calls.delete(requestId);
    this.#inside.delete(requestId);
    this.#callFirst();
  }

  get #hasRoom(): boolean {
    return this.#inside.size < this.#window.size;
  }

  #callFirst(): void {
    const { first } = this.#line;
    if (first !== undefined && this.#hasRoom) this.#calls.get(first.requestId)?.notify();
  }
}
