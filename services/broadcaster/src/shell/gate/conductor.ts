import { create } from "@bufbuild/protobuf";
import { type ApproverTransaction, LaneMemberSchema } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { type Clock, type Logger, Notifier } from "@outlayer/kit";
import type { Candidate } from "../../core/gate/candidate.ts";
import { issuedNonces } from "../../core/gate/gate-lane.ts";
import type { QueuePlace } from "../../core/gate/place.ts";
import { type LaneEntry, mayAdmit, whoseTurn } from "../../core/gate/schedule.ts";
import { RpcUnavailable } from "../../core/ports/near-node.ts";
import type { GateProgress } from "../../core/workflow/gate-progress.ts";
import type { Follower } from "../chain/follower.ts";
import type { KeyRing } from "../chain/signing-key.ts";
import { GateQueue, type Outlook } from "./gate-queue.ts";
import type { GateReader } from "./gate-reader.ts";
import type { GateSigner } from "./gate-signer.ts";
import type { LaneLog } from "./lane-log.ts";
import { type ResumeWanted, resumeCall } from "./resume-call.ts";
import type { TailReader } from "./tail-reader.ts";

export type Place =
  /** The workflow's turn has come: it may be admitted, once its checks pass. */
  { readonly kind: "may_enter" } | ({ readonly kind: "waits" } & QueuePlace);

export interface ConductorDeps {
  readonly log: LaneLog;
  readonly gateSigner: GateSigner;
  readonly follower: Follower;
  readonly gate: GateReader;
  readonly tails: TailReader;
  readonly approver: KeyRing;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly resumeGas: bigint;
  /** Names the driver and its epoch to readers of the gate's log. */
  readonly term: string;
}

/**
 * Conducts one gate for one term: which workflow is admitted, and whose chain starts when. Each decision is appended to the
 * gate's own log before it takes effect, so a conductor that has lost its lease cannot go on.
 *
 * The gate's log holds the lane (admitted workflows, in order). The queue in front of the lane is made anew from the open
 * workflows after a restart.
 */
export class Conductor {
  /** Notifies whenever a turn, on the lane or in the queue, may have come. Workflows in the queue are called one by one. */
  readonly changes = new Notifier();
  readonly #deps: ConductorDeps;
  readonly #queue = new GateQueue();
  readonly #progress = new Map<string, GateProgress>();
  #obstacle: Outlook["obstacle"];
  #tailReadAt = 0;
  #entering: string | undefined;
  #isRelayerShort = false;
  #admittedAtMs = 0;
  #enteredAtMs = 0;

  constructor(deps: ConductorDeps) {
    this.#deps = deps;
  }

  /**
   * Reads the lane as it was left, and appends who conducts from here on. A late append by the conductor before stands
   * before that entry, or is refused.
   * @param open workflows that have not ended: all others leave the lane
   */
  async start(open: ReadonlySet<string>): Promise<void> {
    await this.#deps.log.append(`conducted by ${this.#deps.term}`, (lane) => lane);
    for (const { publicKey, nonce } of issuedNonces(this.#deps.log.lane))
      this.#deps.gateSigner.signingKey(publicKey)?.noteIssued(nonce);
    for (const { requestId, transaction } of this.#deps.log.lane.approverTransactions) {
      if (!open.has(requestId)) this.#deps.log.noteLogged(transaction?.hash ?? "");
    }
    const gone = this.#deps.log.lane.members.filter(({ requestId }) => !open.has(requestId));
    for (const { requestId } of gone) await this.#leave(requestId, "ended");
  }

  /** Calls each waiting workflow that may enter, or whose place is worth telling anew. Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Notifier.next([this.#deps.follower.changes, this.changes], signal);
      try {
        await this.#attend();
      } catch (error) {
        if (!(error instanceof RpcUnavailable))
          this.#deps.logger.error({ err: error }, "attending to the queue failed");
        // Each workflow meets the error itself, and waits for its end.
        this.#queue.callAll();
      }
    }
  }

  /** The place of a workflow that is not admitted yet. Asking puts the workflow into the queue. */
  async place(candidate: Candidate): Promise<Place> {
    const { requestId } = candidate;
    this.#queue.join(candidate);
    const head = this.#deps.follower.heads?.optimistic.height;
    if (head === undefined)
      return { kind: "waits", position: 0, expectedStart: undefined, waitingFor: "rpc_unavailable" };
    await this.#readTail(head);
    if (this.#mayEnter(requestId, head)) {
      this.#entering = requestId;
      return { kind: "may_enter" };
    }
    // The workflow may have been next until something came in its way: it waits for a call like the others.
    if (this.#entering === requestId) this.#entering = undefined;
    return { kind: "waits", ...this.#queue.tell(requestId, this.#outlook(head)) };
  }

  /** Notifies when a workflow in the queue should ask for its place again; undefined where it should now. */
  callsFor(requestId: string): Notifier | undefined {
    return this.#queue.callsFor(requestId);
  }

  /** Admits a workflow to the lane. @returns version of the gate's log that holds the admission */
  async admit({ requestId, walletId, calls }: Candidate, finalHeight: number): Promise<bigint> {
    if (!this.#deps.log.has(requestId)) {
      const member = create(LaneMemberSchema, { requestId, walletId, calls, admittedHeight: BigInt(finalHeight) });
      await this.#deps.log.append(`admitted ${requestId}`, (lane) => ({ ...lane, members: [...lane.members, member] }));
    }
    this.#enteredAtMs = this.#deps.clock.now();
    this.#admittedAtMs = this.#enteredAtMs;
    this.#forget(requestId);
    this.changes.notify();
    return this.#deps.log.version;
  }

  /** Notes the admission of a workflow without a place on the lane. */
  noteAdmitted(requestId: string): void {
    this.#admittedAtMs = this.#deps.clock.now();
    this.withdraw(requestId);
  }

  /** Time of this conductor's latest admission, with or without a place on the lane, milliseconds since the epoch; 0 for none. */
  get admittedAtMs(): number {
    return this.#admittedAtMs;
  }

  /** Time at which the latest workflow entered the lane, milliseconds since the epoch; 0 for none. */
  get enteredAtMs(): number {
    return this.#enteredAtMs;
  }

  /** Forgets a workflow that has ended. */
  forget(requestId: string): void {
    for (const { requestId: id, transaction } of this.#deps.log.lane.approverTransactions) {
      if (id === requestId) this.#deps.log.noteLogged(transaction?.hash ?? "");
    }
    this.withdraw(requestId);
  }

  /** Gives up the workflow's place in the queue, if it has one. */
  withdraw(requestId: string): void {
    if (this.#forget(requestId)) this.changes.notify();
  }

  /**
   * Tells how far a workflow on the lane has come. A workflow that is gone makes room. One that is ready while something
   * holds the gate has the tail read again: perhaps no other workflow asks.
   */
  async report(requestId: string, progress: GateProgress): Promise<void> {
    const before = this.#progress.get(requestId);
    if (progress.kind === "gone") {
      if (!this.#deps.log.has(requestId)) return;
      await this.#leave(requestId, "gone");
      // A tail that the workflow left behind shows only once the tail is read again.
      this.#tailReadAt = 0;
      this.changes.notify();
      return;
    }
    if (!this.#deps.log.has(requestId)) return;
    if (!isSame(before, progress)) {
      this.#progress.set(requestId, progress);
      this.changes.notify();
    }
    const head = this.#deps.follower.heads?.optimistic.height;
    if (progress.kind === "ready" && this.#obstacle !== undefined && head !== undefined) await this.#readTail(head);
  }

  /** Whether this workflow's chain may be started now. */
  isTurn(requestId: string): boolean {
    return this.#obstacle === undefined && whoseTurn(this.#entries()) === requestId;
  }

  /**
   * Says that this workflow's chain may turn out to leave the tail free. What the next resume needs besides is asked for
   * meanwhile: one after the other, answers that take 200 ms would take a block.
   * @param finalHeight of the final block by then
   */
  expectTurnAfter(requestId: string, finalHeight: number): void {
    const then = this.#entries().map((entry) =>
      entry.requestId === requestId ? { ...entry, progress: { kind: "clear" } as const } : entry,
    );
    if (this.#obstacle === undefined && whoseTurn(then) !== undefined)
      this.#deps.approver.idlest.lookAhead(finalHeight);
  }

  /** Number of workflows in the queue and on the lane. */
  get size(): number {
    return this.#queue.size + this.#deps.log.lane.members.length;
  }

  /** Whether another workflow is on the lane, or any waits in the queue. */
  isAwaited(requestId: string): boolean {
    return !this.#queue.isEmpty || this.#deps.log.lane.members.some((member) => member.requestId !== requestId);
  }

  /**
   * Signs a resume and appends it to the gate's log. `use` appends it to the workflow's own log, and then sends it.
   * @param mustReadTail set where this workflow had an earlier resume
   * @returns undefined when the gate turns out not to be free
   */
  async resume<T>(
    wanted: ResumeWanted,
    mustReadTail: boolean,
    use: (transaction: ApproverTransaction) => Promise<T>,
  ): Promise<T | undefined> {
    if (wanted.mode === "chain" && (mustReadTail || !this.#followsOwnChain(wanted.requestId))) {
      const head = this.#deps.follower.heads?.optimistic.height ?? 0;
      await this.#readTail(head, true);
      if (this.#obstacle !== undefined) return undefined;
    }
    const call = resumeCall(wanted, this.#deps.gate.gateId, this.#deps.resumeGas);
    return this.#deps.gateSigner.sign(this.#deps.approver.idlest, call, wanted, use);
  }

  /**
   * The resumes that the gate's log holds for a workflow. The workflow's own log may lack the latest: after a crash, and after an
   * append here that got no answer.
   */
  async preparedResumes(requestId: string): Promise<readonly ApproverTransaction[]> {
    const { approverTransactions } = await this.#deps.log.current();
    return approverTransactions.filter(
      (prepared) => prepared.requestId === requestId && prepared.mode !== "burn_nonce",
    );
  }

  /** Whether the relayer's free balance keeps a workflow from being admitted. */
  set isRelayerShort(short: boolean) {
    if (short !== this.#isRelayerShort) this.changes.notify();
    this.#isRelayerShort = short;
  }

  get isRelayerShort(): boolean {
    return this.#isRelayerShort;
  }

  /** Whether an earlier chain of ours is known to leave the tail free: then the tail need not be read. */
  #followsOwnChain(requestId: string): boolean {
    const entries = this.#entries();
    const index = entries.findIndex((entry) => entry.requestId === requestId);
    return entries.slice(0, Math.max(index, 0)).some(({ progress }) => progress.kind === "clear");
  }

  /** Reads the tail, unless a chain of ours explains it, and notes what else holds the gate. */
  async #readTail(head: number, force = false): Promise<void> {
    const ours = this.#isRunningOwn();
    if (!force && (ours || head < this.#tailReadAt + 1)) {
      if (ours) this.#obstacle = undefined;
      return;
    }
    this.#tailReadAt = head;
    const { tail, holder } = await this.#deps.tails.read().catch((error) => {
      // The tail is unknown: the next workflow at this head must not be told that it is free.
      this.#tailReadAt = 0;
      throw error;
    });
    const obstacle = holder === "free" ? undefined : holder;
    if (obstacle !== this.#obstacle) {
      this.#deps.logger.warn({ gate: this.#deps.gate.gateId, obstacle: obstacle ?? "none", tail }, "gate changed");
    }
    this.#obstacle = obstacle;
  }

  /** Whether a chain of ours runs, which explains any tail. */
  #isRunningOwn(): boolean {
    return this.#entries().some(({ progress }) => ["resuming", "running", "clear"].includes(progress.kind));
  }

  #entries(): LaneEntry[] {
    return this.#deps.log.lane.members.map(({ requestId, calls }) => ({
      requestId,
      calls,
      progress: this.#progress.get(requestId) ?? { kind: "preparing" },
    }));
  }

  /** Judges the queue anew after a new head, or a change on lane or queue: once for all that wait. */
  async #attend(): Promise<void> {
    const head = this.#deps.follower.heads?.optimistic.height;
    // A workflow whose checks are under way needs no call.
    if (head === undefined || this.#queue.isEmptyBut(this.#entering)) return;
    await this.#readTail(head);
    this.#queue.call(this.#outlook(head), (requestId) => this.#mayEnter(requestId, head));
  }

  #outlook(head: number): Outlook {
    return { head, lane: this.#entries(), obstacle: this.#obstacle };
  }

  #mayEnter(requestId: string, head: number): boolean {
    // A workflow whose checks are under way stays next, even where an older one of its wallet has come since.
    const isNext = this.#entering === undefined ? this.#queue.isFirst(requestId) : this.#entering === requestId;
    return isNext && this.#obstacle === undefined && mayAdmit(this.#entries(), head);
  }

  /** @returns whether the workflow was in the queue */
  #forget(requestId: string): boolean {
    const hadTurn = this.#entering === requestId;
    if (hadTurn) this.#entering = undefined;
    return this.#queue.leave(requestId, hadTurn);
  }

  async #leave(requestId: string, why: string): Promise<void> {
    await this.#deps.log.append(`left ${requestId}: ${why}`, (lane) => ({
      ...lane,
      members: lane.members.filter((member) => member.requestId !== requestId),
      approverTransactions: lane.approverTransactions.filter((prepared) => prepared.requestId !== requestId),
    }));
    this.#progress.delete(requestId);
  }
}

function isSame(a: GateProgress | undefined, b: GateProgress): boolean {
  return a?.kind === b.kind && (b.kind !== "running" || (a.kind === "running" && a.started === b.started));
}
