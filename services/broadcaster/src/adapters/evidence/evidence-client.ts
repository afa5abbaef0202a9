import { create } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { type GateLane, LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { Reservation } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { currentContext, Turnstile } from "@outlayer/kit";
import { partyOf } from "@outlayer/workflow";
import {
  type EvidenceLog,
  EvidenceUnavailable,
  type GateLog,
  type GateStanding,
  type HeldLease,
  type LeaseAnswer,
  LeaseLost,
  type LiveLease,
  LogMoved,
  type OpenWorkflow,
  StillPossible,
  type ToReserve,
  type UsedSoFar,
} from "../../core/ports/evidence-log.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import type { Logged } from "../../core/workflow/state.ts";

/**
 * Concurrent calls. With hundreds of drivers at once evidence would answer all of them too late; so they wait here, in turns that are
 * fair between wallets, and calls that continue a workflow go before calls that begin one. Calls about leases do not wait.
 */
const atOnce = 16;

/** The party of calls about the gate's log: the lane is everybody's, whosever workflow changes it. No wallet id has a blank. */
const theGate = "the gate";

/** The logs over gRPC. */
export class EvidenceClient implements EvidenceLog {
  readonly #transport: Transport;
  readonly #client: Client<typeof LogService>;
  readonly #lease: HeldLease | undefined;
  readonly #turnstile: Turnstile;

  /** @param lease under which it appends; absent for a read-only client */
  constructor(transport: Transport, lease?: HeldLease, turnstile = new Turnstile(atOnce)) {
    this.#transport = transport;
    this.#client = createClient(LogService, transport);
    this.#lease = lease;
    this.#turnstile = turnstile;
  }

  /** Appends under a lease. Its calls wait for the same turns: evidence is asked no more for many partitions than for one. */
  under(lease: HeldLease): EvidenceClient {
    return new EvidenceClient(this.#transport, lease, this.#turnstile);
  }

  async read(requestId: string): Promise<readonly Logged[]> {
    const { events } = await this.#inTurn(() => this.#client.readEvents({ requestId }));
    return events.flatMap(({ version, atMs, event }) =>
      event === undefined ? [] : [{ version: Number(version), atMs: Number(atMs), event }],
    );
  }

  async append(requestId: string, expectedVersion: number, kind: EventInit, nowMs: number): Promise<Logged> {
    const event = create(EventSchema, { kind });
    const request = { requestId, expectedVersion: BigInt(expectedVersion), event, ...this.#underLease() };
    const { version } = await this.#urgently(() => this.#client.appendEvent(request));
    return { version: Number(version), atMs: nowMs, event };
  }

  async listOpen(partitions: readonly string[], changedWithinMs = 0): Promise<readonly OpenWorkflow[]> {
    const found: OpenWorkflow[] = [];
    let pageToken = "";
    // Named by none, evidence would list all.
    if (partitions.length === 0) return found;
    do {
      const request = { pageToken, pageSize: 500, changedWithinMs, partitions: [...partitions] };
      const page = await this.#inTurn(() => this.#client.listOpenWorkflows(request));
      // A list without these would not be whole, and what is signed before every log is read hangs on whole lists.
      if (page.workflows.some(({ partition }) => !partitions.includes(partition))) {
        throw new EvidenceUnavailable("evidence does not list by partition: it is of an older version");
      }
      found.push(
        ...page.workflows.map(({ requestId, partition, version, status }) => {
          return { requestId, partition, version: Number(version), status };
        }),
      );
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return found;
  }

  async reserveNonces(senderId: string, count: number): Promise<readonly bigint[]> {
    return (await this.#urgently(() => this.#client.reserveNonces({ senderId, count }))).nonces;
  }

  async readUsage(walletId: string, exceptRequestId?: string): Promise<UsedSoFar> {
    const { seq, statement } = await this.#inTurn(() =>
      this.#client.readUsage({ walletId, ...(exceptRequestId === undefined ? {} : { exceptRequestId }) }),
    );
    if (statement === undefined) throw new EvidenceUnavailable("evidence gave no usage");
    return { seq, statement };
  }

  async reserveUsage(reserving: ToReserve): Promise<{ readonly reservation: Reservation | undefined } | undefined> {
    try {
      const request = { ...reserving, steps: [...reserving.steps], ...this.#underLease() };
      const { reservation } = await this.#inTurn(() => this.#client.reserveUsage(request));
      return { reservation };
    } catch (error) {
      if (error instanceof LogMoved && !(error instanceof LeaseLost)) return undefined;
      throw error;
    }
  }

  async releaseUsage(walletId: string, requestId: string, steps: number[]): Promise<void> {
    await this.#inTurn(() => this.#client.releaseUsage({ walletId, requestId, steps, ...this.#underLease() }));
  }

  async chargeOperator(walletId: string, requestId: string, yocto: bigint): Promise<void> {
    const charge = { walletId, requestId, yocto: yocto.toString() };
    await this.#inTurn(() => this.#client.chargeOperator({ ...charge, ...this.#underLease() }));
  }

  async gateLog(gateId: string): Promise<GateLog> {
    const { version, lane } = await this.#urgently(() => this.#client.getGateLog({ gateId }), theGate);
    return { version, lane };
  }

  async appendGate(gateId: string, expectedVersion: bigint, change: string, lane: GateLane): Promise<bigint> {
    const request = { gateId, expectedVersion, change, lane, ...this.#underLease() };
    return (await this.#urgently(() => this.#client.appendGateLog(request), theGate)).version;
  }

  async acquireLease(resource: string, holderId: string, ttlMs: number): Promise<LeaseAnswer> {
    const answer = await translated(this.#client.acquireLease({ resource, holderId, ttlMs }));
    return answer.taken ? { kind: "taken", epoch: answer.epoch } : { kind: "held", remainingMs: answer.remainingMs };
  }

  async renewLease(lease: HeldLease, holderId: string, ttlMs: number, standing?: GateStanding): Promise<void> {
    const said = standing === undefined ? {} : { standing };
    await translated(this.#client.renewLease({ lease, holderId, ttlMs, ...said }));
  }

  async releaseLease(lease: HeldLease, holderId: string): Promise<void> {
    await translated(this.#client.releaseLease({ lease, holderId }));
  }

  async listLeases(): Promise<readonly LiveLease[]> {
    const { leases, more } = await translated(this.#client.listLeases({}));
    // Those that are left out would count as dead.
    if (more) throw new EvidenceUnavailable("evidence holds more leases than it lists");
    return leases.map(({ resource, holderId, epoch, sinceMs, remainingMs, standing }) => ({
      resource,
      holderId,
      epoch,
      sinceMs: sinceMs === undefined ? undefined : Number(sinceMs),
      remainingMs,
      standing,
    }));
  }

  #urgently<T>(call: () => Promise<T>, party = partyAtHand()): Promise<T> {
    return translated(this.#turnstile.pass("urgent", call, { party }));
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    return translated(this.#turnstile.pass("usual", call, { party: partyAtHand() }));
  }

  #underLease(): { lease?: HeldLease } {
    return this.#lease === undefined ? {} : { lease: this.#lease };
  }
}

/** Whose workflow is driven; undefined before its log is read. */
function partyAtHand(): string | undefined {
  const walletId = currentContext()?.fields.wallet_id;
  return walletId === undefined ? undefined : partyOf(walletId);
}

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const refusal = ConnectError.from(error);
    const { code, rawMessage } = refusal;
    const reason = refusal.findDetails(ErrorInfoSchema)[0]?.reason;
    if (reason === "LEASE_LOST") throw new LeaseLost(rawMessage);
    if (reason === "STILL_POSSIBLE") throw new StillPossible(rawMessage);
    if (code === Code.Aborted || code === Code.FailedPrecondition) throw new LogMoved(rawMessage);
    throw new EvidenceUnavailable(`evidence: ${rawMessage}`);
  }
}
