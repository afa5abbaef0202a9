import { type GateTail, judgeTail, type TailHolder, type TailWatch, watchTail } from "../../core/gate/tail.ts";
import type { EvidenceLog } from "../../core/ports/evidence-log.ts";
import type { Follower } from "../chain/follower.ts";
import type { GateReader } from "./gate-reader.ts";

/** Reads the gate's tail, remembers since when the tail has not changed, and says who holds the gate. */
export class TailReader {
  readonly #gate: GateReader;
  readonly #evidence: EvidenceLog;
  readonly #follower: Follower;
  #watch: TailWatch | undefined;

  constructor(gate: GateReader, evidence: EvidenceLog, follower: Follower) {
    this.#gate = gate;
    this.#evidence = evidence;
    this.#follower = follower;
  }

  /** What the tail means where no chain of ours explains it. */
  async read(): Promise<{ readonly tail: readonly string[]; readonly holder: Exclude<TailHolder, "ours"> }> {
    const seen = await this.#gate.tail();
    return { tail: seen.tail, holder: this.#judge(seen) };
  }

  /** As `read`, and tells a chain of ours by the gate's log, whichever broadcaster drives. */
  async attribute(): Promise<{ readonly tail: readonly string[]; readonly holder: TailHolder }> {
    const { tail, holder } = await this.read();
    if (holder === "free") return { tail, holder };
    const { lane } = await this.#evidence.gateLog(this.#gate.gateId);
    const ours = new Set(lane?.approverTransactions.flatMap(({ intentIds }) => intentIds));
    return tail.some((id) => ours.has(id)) ? { tail, holder: "ours" } : { tail, holder };
  }

  #judge(seen: GateTail): Exclude<TailHolder, "ours"> {
    const head = this.#follower.heads?.optimistic.height ?? 0;
    this.#watch = watchTail(this.#watch, seen.tail, head);
    return judgeTail(seen, this.#watch, head);
  }
}
