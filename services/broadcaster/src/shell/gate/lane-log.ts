import { create } from "@bufbuild/protobuf";
import { type GateLane, GateLaneSchema } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { KeyedMutex } from "@outlayer/kit";
import { tidied, withSetAside } from "../../core/gate/gate-lane.ts";
import type { EvidenceLog } from "../../core/ports/evidence-log.ts";

/** The gate's own log, which holds its lane. Changes are appended one at a time. */
export class LaneLog {
  readonly #evidence: Pick<EvidenceLog, "gateLog" | "appendGate">;
  readonly #gateId: string;
  readonly #mutex = new KeyedMutex();
  /** Hashes of transactions that the gate's log need not hold any longer, e.g. as the workflows' own logs have them. */
  readonly #logged = new Set<string>();
  #version = 0n;
  #lane: GateLane = create(GateLaneSchema);
  #isStale = true;

  constructor(evidence: Pick<EvidenceLog, "gateLog" | "appendGate">, gateId: string) {
    this.#evidence = evidence;
    this.#gateId = gateId;
  }

  /** The lane as last written or read. */
  get lane(): GateLane {
    return this.#lane;
  }

  get version(): bigint {
    return this.#version;
  }

  has(requestId: string): boolean {
    return this.#lane.members.some((member) => member.requestId === requestId);
  }

  /** The lane, read again after an append that got no answer: it may have happened. */
  async current(): Promise<GateLane> {
    if (this.#isStale) await this.#inTurn(async () => {});
    return this.#lane;
  }

  /** Takes note that a workflow's own log has the transaction. */
  noteLogged(hash: string): void {
    this.#logged.add(hash);
  }

  /**
   * Appends a change to the lane as it is when the change's turn comes.
   * @param update undefined where the change is not to be made any more
   * @returns whether it was made
   * @throws LogMoved, LeaseLost, EvidenceUnavailable
   */
  append(change: string, update: (lane: GateLane) => GateLane | undefined): Promise<boolean> {
    return this.#inTurn(async () => {
      const lane = update(tidied(this.#lane, this.#logged));
      if (lane === undefined) return false;
      // Only the log shows whether an append without an answer took place.
      this.#isStale = true;
      this.#version = await this.#evidence.appendGate(this.#gateId, this.#version, change, lane);
      this.#lane = lane;
      this.#isStale = false;
      for (const hash of this.#logged) {
        if (!lane.approverTransactions.some(({ transaction }) => transaction?.hash === hash)) this.#logged.delete(hash);
      }
      return true;
    });
  }

  /** Appends that nonces of a key may be issued, up to this one. @throws LogMoved, LeaseLost, EvidenceUnavailable */
  async setAside(publicKey: string, nonce: bigint): Promise<void> {
    await this.append(`nonces of ${publicKey} up to ${nonce}`, (lane) => withSetAside(lane, publicKey, nonce));
  }

  /** Runs changes one after the other, each on the lane as it is in the log. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(this.#gateId, async () => {
      if (this.#isStale) await this.#reload();
      return work();
    });
  }

  async #reload(): Promise<void> {
    const { version, lane } = await this.#evidence.gateLog(this.#gateId);
    this.#version = version;
    this.#lane = lane ?? create(GateLaneSchema);
    this.#isStale = false;
  }
}
