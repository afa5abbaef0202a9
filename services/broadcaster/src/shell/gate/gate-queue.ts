import { FairLine, Notifier } from "@outlayer/kit";
import { type Candidate, lineTerms } from "../../core/gate/candidate.ts";
import { isWorthTelling, type QueuePlace } from "../../core/gate/place.ts";
import { chainBlocks, expectedStarts, firstStart, type LaneEntry } from "../../core/gate/schedule.ts";

/** What the places in the queue depend on. */
export interface Outlook {
  /** Height of the optimistic head. */
  readonly head: number;
  /** Admitted workflows, in order. */
  readonly lane: readonly LaneEntry[];
  /** What holds the gate other than our own chains. */
  readonly obstacle: "gate_busy" | "gate_stuck" | undefined;
}

/** A workflow that waits in front of the gate. */
interface Waiter {
  readonly changes: Notifier;
  /** The place that the workflow was told last, and at which head. */
  told: { readonly place: QueuePlace; readonly head: number } | undefined;
  /** Called since the workflow last asked. */
  isCalled: boolean;
}

/** Heads after which a workflow that waits for anything but its turn is called, to see how long it has waited. */
const lookUpEvery = 10;

/** The queue in front of a gate. Each workflow is called by itself, and only where there is something to tell it. */
export class GateQueue {
  readonly #line = new FairLine<Candidate>({ ...lineTerms, cost: ({ calls }) => chainBlocks(calls) });
  readonly #waiters = new Map<string, Waiter>();
  /** Places of all that wait, at one head; undefined once a workflow came or left. */
  #places: (Pick<Outlook, "head" | "obstacle"> & { readonly of: ReadonlyMap<string, QueuePlace> }) | undefined;
  /** The places that all who wait were compared with last. */
  #compared: ReadonlyMap<string, QueuePlace> | undefined;

  get size(): number {
    return this.#waiters.size;
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** Whether no workflow waits, or this one alone. */
  isEmptyBut(requestId: string | undefined): boolean {
    return this.isEmpty || (this.#waiters.size === 1 && requestId !== undefined && this.#waiters.has(requestId));
  }

  isFirst(requestId: string): boolean {
    return this.#line.first?.requestId === requestId;
  }

  /** Adds a workflow that is not in the queue yet. One that is there counts as not called: it asks now. */
  join(candidate: Candidate): void {
    const known = this.#waiters.get(candidate.requestId);
    if (known !== undefined) {
      known.isCalled = false;
      return;
    }
    this.#waiters.set(candidate.requestId, { changes: new Notifier(), told: undefined, isCalled: false });
    this.#line.add(candidate);
    this.#places = undefined;
  }

  /** @param hadTurn the workflow used its turn, perhaps in vain: its wallet is charged @returns whether it was in the queue */
  leave(requestId: string, hadTurn: boolean): boolean {
    if (hadTurn) this.#line.take(requestId);
    else this.#line.remove(requestId);
    this.#places = undefined;
    return this.#waiters.delete(requestId);
  }

  /** Tells a workflow its place. */
  tell(requestId: string, outlook: Outlook): QueuePlace {
    const place = this.#placeOf(requestId, outlook);
    const waiter = this.#waiters.get(requestId);
    if (waiter !== undefined) waiter.told = { place, head: outlook.head };
    return place;
  }

  /** Notifies when the workflow should ask for its place again; undefined where it should now. */
  callsFor(requestId: string): Notifier | undefined {
    const waiter = this.#waiters.get(requestId);
    return waiter === undefined || waiter.isCalled ? undefined : waiter.changes;
  }

  /** Calls the workflows whose place is worth telling anew, and the first one where it may enter. */
  call(outlook: Outlook, mayEnter: (requestId: string) => boolean): void {
    const { head } = outlook;
    const places = this.#placesFor(outlook);
    // The gate changes several times a block, and with it the first workflow's turn alone.
    if (places !== this.#compared) this.#compare(places, head);
    const { first } = this.#line;
    const waiter = first === undefined ? undefined : this.#waiters.get(first.requestId);
    if (first !== undefined && waiter !== undefined && mayEnter(first.requestId)) call(waiter);
  }

  #compare(places: ReadonlyMap<string, QueuePlace>, head: number): void {
    this.#compared = places;
    for (const [requestId, waiter] of this.#waiters) {
      const place = places.get(requestId);
      if (place === undefined || waiter.told === undefined) continue;
      const isOverdue = place.waitingFor !== "turn" && head >= waiter.told.head + lookUpEvery;
      if (isOverdue || isWorthTelling(waiter.told.place, place, head)) call(waiter);
    }
  }

  callAll(): void {
    for (const waiter of this.#waiters.values()) call(waiter);
  }

  /** Makes no other workflow's place anew, though one came or left: thousands come when a term begins, and each asks. */
  #placeOf(requestId: string, { head, lane, obstacle }: Outlook): QueuePlace {
    const known = this.#knownAt({ head, obstacle })?.get(requestId);
    if (known !== undefined) return known;
    const before = this.#line.before(requestId);
    if (before === undefined) return { position: 0, expectedStart: undefined, waitingFor: "turn" };
    const expectedStart = obstacle === undefined ? firstStart(lane, head) + before.cost : undefined;
    return { position: before.count + 1, expectedStart, waitingFor: obstacle ?? "turn" };
  }

  #knownAt({ head, obstacle }: Pick<Outlook, "head" | "obstacle">): ReadonlyMap<string, QueuePlace> | undefined {
    const known = this.#places;
    return known?.head === head && known.obstacle === obstacle ? known.of : undefined;
  }

  #placesFor({ head, lane, obstacle }: Outlook): ReadonlyMap<string, QueuePlace> {
    const known = this.#knownAt({ head, obstacle });
    if (known !== undefined) return known;
    const order = this.#line.order();
    const calls = order.map(({ calls }) => calls);
    const starts = obstacle === undefined ? expectedStarts(lane, calls, head) : [];
    const of = new Map(
      order.map(({ requestId }, index): [string, QueuePlace] => [
        requestId,
        { position: index + 1, expectedStart: starts[index], waitingFor: obstacle ?? "turn" },
      ]),
    );
    this.#places = { head, obstacle, of };
    return of;
  }
}

function call(waiter: Waiter): void {
  waiter.isCalled = true;
  waiter.changes.notify();
}
