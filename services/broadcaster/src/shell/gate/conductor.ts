import { create } from "@bufbuild/protobuf";
import {
  type ApproverTransaction,
  ApproverTransactionSchema,
  type GateLane,
  GateLaneSchema,
  LaneMemberSchema,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { type Clock, type Logger, Notifier } from "@outlayer/kit";
import type { Candidate } from "../../core/gate/candidate.ts";
import { issuedNonces, tidied } from "../../core/gate/gate-lane.ts";
import type { QueuePlace } from "../../core/gate/place.ts";
import { type LaneEntry, mayAdmit, whoseTurn } from "../../core/gate/schedule.ts";
import type { EvidenceLog } from "../../core/ports/evidence-log.ts";
import type { Block, NearNode } from "../../core/ports/near-node.ts";
import { RpcUnavailable } from "../../core/ports/near-node.ts";
import type { GateProgress } from "../../core/workflow/gate-progress.ts";
import type { Follower } from "../chain/follower.ts";
import type { CallToSign, KeyLane, KeyRing } from "../chain/key-lane.ts";
import { GateQueue, type Outlook } from "./gate-queue.ts";
import type { GateReader } from "./gate-reader.ts";
import { burnCall, type ResumeWanted, resumeCall } from "./resume-call.ts";
import type { TailReader } from "./tail-reader.ts";

export type Place =
  /** Its turn has come: it may be admitted, once it has been checked. */
  { readonly kind: "may_enter" } | ({ readonly kind: "waits" } & QueuePlace);

export interface ConductorDeps {
  readonly evidence: EvidenceLog;
  readonly follower: Follower;
  readonly gate: GateReader;
  readonly tails: TailReader;
  readonly node: NearNode;
  readonly approver: KeyRing;
  readonly relayer: KeyRing;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly resumeGas: bigint;
  /** Who conducts under which epoch, for a reader of the gate's log. */
  readonly term: string;
}

/**
 * Conducts one gate for one term: who is taken in, whose chain starts when, and every transaction of the approver. What it
 * decides is appended to the gate's own log before it takes effect, so a conductor whose lease is lost cannot go on
 * (rule: approver-acts-through-the-gate-log).
 *
 * The lane (admitted workflows, in order) is in that log; the queue in front of it is made anew from the open
 * workflows after a restart.
 */
export class Conductor {
  /** Told whenever a workflow's turn on the lane, or before it, may have come. Those in the queue are called one by one. */
  readonly changes = new Notifier();
  readonly #deps: ConductorDeps;
  readonly #queue = new GateQueue();
  readonly #progress = new Map<string, GateProgress>();
  /** Hashes of approver transactions that their workflows' own logs have: the gate's log need not hold them any longer. */
  readonly #logged = new Set<string>();
  #version = 0n;
  #lane: GateLane = create(GateLaneSchema);
  #obstacle: Outlook["obstacle"];
  #tailReadAt = 0;
  #entering: string | undefined;
  #isRelayerShort = false;
  #isStale = false;
  #admittedAtMs = 0;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(deps: ConductorDeps) {
    this.#deps = deps;
  }

  /**
   * Reads the lane as it was left, and writes down who conducts from here on: what the one before was still writing then
   * stands before that, or is refused.
   * @param open workflows that have not ended: the others are not on the lane any more
   */
  async start(open: ReadonlySet<string>): Promise<void> {
    this.#isStale = true;
    await this.#change(`conducted by ${this.#deps.term}`, (lane) => lane);
    for (const { publicKey, nonce } of issuedNonces(this.#lane)) this.#keyLane(publicKey)?.noteIssued(nonce);
    for (const { requestId, transaction } of this.#lane.approverTransactions) {
      if (!open.has(requestId)) this.#logged.add(transaction?.hash ?? "");
    }
    const gone = this.#lane.members.filter(({ requestId }) => !open.has(requestId));
    for (const { requestId } of gone) await this.#leave(requestId, "ended");
  }

  /** Calls those that wait whenever they have something to do, or are worth telling where they stand. Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Notifier.next([this.#deps.follower.changes, this.changes], signal);
      try {
        await this.#attend();
      } catch (error) {
        if (!(error instanceof RpcUnavailable))
          this.#deps.logger.error({ err: error }, "attending to the queue failed");
        // They find out by themselves what is wrong, and wait for that.
        this.#queue.callAll();
      }
    }
  }

  /** Where a workflow stands that is not admitted yet. Asking puts it into the queue. */
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
    // It may have been next, and something has come into its way since: it waits to be called like the others.
    if (this.#entering === requestId) this.#entering = undefined;
    return { kind: "waits", ...this.#queue.tell(requestId, this.#outlook(head)) };
  }

  /** Told when one in the queue has reason to ask for its place again; undefined where it has by now. */
  callsFor(requestId: string): Notifier | undefined {
    return this.#queue.callsFor(requestId);
  }

  /** Takes a workflow in. @returns version of the gate's log that says so */
  async admit({ requestId, walletId, calls }: Candidate, finalHeight: number): Promise<bigint> {
    if (!this.#isOnLane(requestId)) {
      const member = create(LaneMemberSchema, { requestId, walletId, calls, admittedHeight: BigInt(finalHeight) });
      await this.#change(`admitted ${requestId}`, (lane) => ({ ...lane, members: [...lane.members, member] }));
    }
    this.#admittedAtMs = this.#deps.clock.now();
    this.#forget(requestId);
    this.changes.notify();
    return this.#version;
  }

  /** Takes note of a workflow that was taken in without a place on the lane. */
  noteAdmitted(requestId: string): void {
    this.#admittedAtMs = this.#deps.clock.now();
    this.withdraw(requestId);
  }

  /** When this process last took a workflow in, milliseconds since the epoch; 0 for never. */
  get admittedAtMs(): number {
    return this.#admittedAtMs;
  }

  /** Forgets a workflow that has ended. */
  forget(requestId: string): void {
    for (const { requestId: id, transaction } of this.#lane.approverTransactions) {
      if (id === requestId) this.#logged.add(transaction?.hash ?? "");
    }
    this.withdraw(requestId);
  }

  /** Gives up a place in the queue, if it has one. */
  withdraw(requestId: string): void {
    if (this.#forget(requestId)) this.changes.notify();
  }

  /**
   * Tells how far a workflow on the lane has come. One that is gone makes room; one that is ready while something holds
   * the gate has the tail read again, for nobody else may be asking.
   */
  async report(requestId: string, progress: GateProgress): Promise<void> {
    const before = this.#progress.get(requestId);
    if (progress.kind === "gone") {
      if (!this.#isOnLane(requestId)) return;
      await this.#leave(requestId, "gone");
      // What it left behind is not known before the tail was read again.
      this.#tailReadAt = 0;
      this.changes.notify();
      return;
    }
    if (!this.#isOnLane(requestId)) return;
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

  /** Somebody comes after this workflow on the gate, or waits to. */
  isAwaited(requestId: string): boolean {
    return !this.#queue.isEmpty || this.#lane.members.some((member) => member.requestId !== requestId);
  }

  /**
   * Signs a resume and writes it to the gate's log. It is sent by `use`, after that has written it to the workflow's.
   * @param mustReadTail an earlier resume of this workflow was refused
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
    return this.#sign(this.#deps.approver.idlest, call, wanted, use);
  }

  /** Lands a higher nonce on the key of a transaction of ours, so that it can never land itself. */
  async burnNonce(publicKey: string, requestId: string, charge: () => Promise<void>): Promise<void> {
    const { approver, gate } = this.#deps;
    const lane = this.#keyLane(publicKey);
    if (lane === undefined) return;
    const method = approver.lane(publicKey) === undefined ? "submit_intent" : "resume_batch_chained";
    const call = burnCall(method, gate.gateId);
    const noted = { requestId, mode: "burn_nonce", intentIds: [], feeYocto: 0n };
    await this.#sign(lane, call, noted, async ({ transaction }) => {
      if (transaction === undefined) return;
      await charge();
      await this.#deps.node.send(transaction.signedTransaction);
    });
  }

  /**
   * The resumes that the gate's log holds for a workflow. Its own log may not have the latest: after a crash, and after an append
   * here to which no answer came.
   */
  async preparedResumes(requestId: string): Promise<readonly ApproverTransaction[]> {
    if (this.#isStale) await this.#inTurn(async () => {});
    return this.#lane.approverTransactions.filter(
      (prepared) => prepared.requestId === requestId && prepared.mode !== "burn_nonce",
    );
  }

  /** The relayer's free balance keeps a workflow from being admitted, or does not any more. */
  set isRelayerShort(short: boolean) {
    if (short !== this.#isRelayerShort) this.changes.notify();
    this.#isRelayerShort = short;
  }

  get isRelayerShort(): boolean {
    return this.#isRelayerShort;
  }

  async #sign<T>(
    lane: KeyLane,
    call: CallToSign,
    noted: Pick<ApproverTransaction, "requestId" | "mode"> & {
      intentIds: readonly string[];
      feeYocto: bigint;
      block?: Pick<Block, "hash" | "height">;
    },
    use: (transaction: ApproverTransaction) => Promise<T>,
  ): Promise<T | undefined> {
    const block = noted.block ?? this.#deps.follower.heads?.final;
    if (block === undefined) return undefined;
    return lane.use([call], block, async ([transaction]) => {
      if (transaction === undefined) return undefined;
      const prepared = create(ApproverTransactionSchema, {
        transaction,
        requestId: noted.requestId,
        mode: noted.mode,
        intentIds: [...noted.intentIds],
        feeYocto: noted.feeYocto.toString(),
      });
      await this.#change(`${noted.mode} ${noted.requestId}`, (lane) => ({
        ...lane,
        approverTransactions: [...lane.approverTransactions, prepared],
      }));
      const used = await use(prepared);
      // With the workflow's own log it is safe there. Many that are resumed side by side would make every entry long.
      if (!this.#isOnLane(noted.requestId)) this.#logged.add(transaction.hash);
      return used;
    });
  }

  /** Of the approver's or the relayer's keys. */
  #keyLane(publicKey: string): KeyLane | undefined {
    return this.#deps.approver.lane(publicKey) ?? this.#deps.relayer.lane(publicKey);
  }

  /** A chain of ours runs right before it and its tail is known to come free: the tail need not be read. */
  #followsOwnChain(requestId: string): boolean {
    const entries = this.#entries();
    const index = entries.findIndex((entry) => entry.requestId === requestId);
    return entries.slice(0, Math.max(index, 0)).some(({ progress }) => progress.kind === "clear");
  }

  /** Reads the tail, unless a chain of ours explains it, and judges what an unexpected one means. */
  async #readTail(head: number, force = false): Promise<void> {
    const ours = this.#isRunningOwn();
    if (!force && (ours || head < this.#tailReadAt + 1)) {
      if (ours) this.#obstacle = undefined;
      return;
    }
    this.#tailReadAt = head;
    const { tail, holder } = await this.#deps.tails.read();
    const obstacle = holder === "free" ? undefined : holder;
    if (obstacle !== this.#obstacle) {
      this.#deps.logger.warn({ gate: this.#deps.gate.gateId, obstacle: obstacle ?? "none", tail }, "gate changed");
    }
    this.#obstacle = obstacle;
  }

  /** A chain of ours explains whatever the tail is. */
  #isRunningOwn(): boolean {
    return this.#entries().some(({ progress }) => ["resuming", "running", "clear"].includes(progress.kind));
  }

  #entries(): LaneEntry[] {
    return this.#lane.members.map(({ requestId, calls }) => ({
      requestId,
      calls,
      progress: this.#progress.get(requestId) ?? { kind: "preparing" },
    }));
  }

  #isOnLane(requestId: string): boolean {
    return this.#lane.members.some((member) => member.requestId === requestId);
  }

  /** Everything about the queue that a new head, or a change on lane or queue, brings with it: once for all that wait. */
  async #attend(): Promise<void> {
    const head = this.#deps.follower.heads?.optimistic.height;
    // One that is being checked needs no call.
    if (head === undefined || this.#queue.isEmptyBut(this.#entering)) return;
    await this.#readTail(head);
    this.#queue.call(this.#outlook(head), (requestId) => this.#mayEnter(requestId, head));
  }

  #outlook(head: number): Outlook {
    return { head, lane: this.#entries(), obstacle: this.#obstacle };
  }

  #mayEnter(requestId: string, head: number): boolean {
    // One that is being checked stays next, also where another of its wallet has come that was opened before it.
    const isNext = this.#entering === undefined ? this.#queue.isFirst(requestId) : this.#entering === requestId;
    return isNext && this.#obstacle === undefined && mayAdmit(this.#entries(), head);
  }

  /** @returns whether it was there */
  #forget(requestId: string): boolean {
    const hadTurn = this.#entering === requestId;
    if (hadTurn) this.#entering = undefined;
    return this.#queue.leave(requestId, hadTurn);
  }

  async #leave(requestId: string, why: string): Promise<void> {
    await this.#change(`left ${requestId}: ${why}`, (lane) => ({
      ...lane,
      members: lane.members.filter((member) => member.requestId !== requestId),
      approverTransactions: lane.approverTransactions.filter((prepared) => prepared.requestId !== requestId),
    }));
    this.#progress.delete(requestId);
  }

  /** One change at a time, each of the lane as it is by then. */
  async #change(change: string, update: (lane: GateLane) => GateLane): Promise<void> {
    await this.#inTurn(async () => {
      const lane = update(tidied(this.#lane, this.#logged));
      // Whether an append without an answer took place shows only in the log.
      this.#isStale = true;
      this.#version = await this.#deps.evidence.appendGate(this.#deps.gate.gateId, this.#version, change, lane);
      this.#lane = lane;
      this.#isStale = false;
      for (const hash of this.#logged) {
        if (!lane.approverTransactions.some(({ transaction }) => transaction?.hash === hash)) this.#logged.delete(hash);
      }
    });
  }

  /** Works on the lane as it is in the log, one after the other. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const run = async () => {
      if (this.#isStale) await this.#reload();
      await work();
    };
    const turn = this.#changing.then(run, run);
    this.#changing = turn.catch(() => {});
    await turn;
  }

  async #reload(): Promise<void> {
    const { version, lane } = await this.#deps.evidence.gateLog(this.#deps.gate.gateId);
    this.#version = version;
    this.#lane = lane ?? create(GateLaneSchema);
    this.#isStale = false;
  }
}

function isSame(a: GateProgress | undefined, b: GateProgress): boolean {
  return a?.kind === b.kind && (b.kind !== "running" || (a.kind === "running" && a.started === b.started));
}
