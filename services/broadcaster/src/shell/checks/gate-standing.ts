import { type Logger, sleep, type Timers } from "@outlayer/kit";
import { free, type Obstacle, type Standing, standingAfter } from "../../core/gate/standing.ts";
import type { GateStanding as ToldStanding } from "../../core/ports/evidence-log.ts";
import { RpcUnavailable } from "../../core/ports/near-node.ts";
import type { Follower } from "../chain/follower.ts";
import type { Conductor } from "../gate/conductor.ts";
import type { GateReader } from "../gate/gate-reader.ts";
import type { Intake } from "../gate/intake.ts";
import type { TailReader } from "../gate/tail-reader.ts";
import type { Made } from "./check.ts";
import { gateChecks } from "./gate-checks.ts";

/** Pause between two looks at the gate, milliseconds. */
const lookMs = 3_000;

interface Named {
  readonly name: string;
}

export interface StandingNeeds {
  readonly gate: Pick<GateReader, "gateId">;
  readonly conductor: Pick<Conductor, "size">;
  readonly intake: Pick<Intake, "size">;
  readonly tails: Pick<TailReader, "read">;
  readonly follower: Pick<Follower, "heads">;
  /** Makes admission's checks of gate and operator, with everything read anew. */
  readonly check: () => Promise<readonly Made<Named>[]>;
  /** Whether a workflow could go to another gate: else nobody asks. */
  readonly isOneOfSeveral: () => boolean;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * What a gate's broadcaster says of the gate, for those who choose a gate for a new workflow. Workflows find the obstacles, at
 * their admission; from then on the gate is looked at until nothing stands in the way, so that an idle gate costs no reading. Made
 * anew with each term.
 */
export class GateStanding {
  readonly #needs: StandingNeeds;
  #standing: Standing = free;
  /** The tail that seemed stuck at the last look. */
  #stuckTail: string | undefined;

  constructor(needs: StandingNeeds) {
    this.#needs = needs;
  }

  /** Undefined where nobody asks. */
  get told(): ToldStanding | undefined {
    const { conductor, intake, isOneOfSeveral } = this.#needs;
    if (!isOneOfSeveral()) return undefined;
    const { kind } = this.#standing;
    return {
      stuck: kind === "stuck" ? this.#standing.code : "",
      waitingWorkflows: conductor.size + intake.size,
    };
  }

  /**
   * @param made an admission's checks, of which those of gate and operator count
   * @param isPartlyKept whether they go by readings of before, which refuse nothing
   */
  noteAdmission(made: readonly Made<Named>[], isPartlyKept: boolean): void {
    const found = obstacleAmong(made);
    if (found === "unknown" || (found !== undefined && isPartlyKept)) return;
    // Of a long chain the fee may be refused while it is the agreed one for others. A look goes by the shortest chain.
    this.#note("admission", found?.code === "fee_mismatch" ? { ...found, holdsAll: false } : found);
  }

  /** Looks at the gate every now and then where that can tell something, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { timers, logger, gate, isOneOfSeveral } = this.#needs;
    while (!signal.aborted) {
      await sleep(timers, lookMs, signal);
      if (signal.aborted || !isOneOfSeveral()) continue;
      try {
        await this.#look();
      } catch (error) {
        const level = error instanceof RpcUnavailable ? "debug" : "warn";
        logger[level]({ err: error, gate: gate.gateId }, "the gate could not be looked at");
      }
    }
  }

  async #look(): Promise<void> {
    const { conductor, tails, check } = this.#needs;
    const isFree = this.#standing.kind === "free";
    if (isFree && conductor.size === 0) return;
    // Whosever chain it is: where it does not move, the ones behind it do not either.
    const { tail, holder } = await tails.read();
    const before = this.#stuckTail;
    this.#stuckTail = holder === "gate_stuck" ? tail.join() : undefined;
    if (this.#stuckTail !== undefined) {
      // A chain of ours that began between the views of a look seems to have members that are not pending: it is gone by the next one.
      if (this.#stuckTail === before) this.#note("look", { code: "gate_stuck", holdsAll: true });
      return;
    }
    if (isFree) return;
    const found = obstacleAmong(await check());
    if (found !== "unknown") this.#note("look", found);
  }

  #note(by: "admission" | "look", obstacle: Obstacle | undefined): void {
    const { follower, logger, gate } = this.#needs;
    const head = follower.heads?.optimistic.height;
    if (head === undefined) return;
    const before = this.#standing;
    this.#standing = standingAfter(before, { by, obstacle }, head);
    const isStuck = this.#standing.kind === "stuck";
    if (isStuck === (before.kind === "stuck")) return;
    const about = { gate: gate.gateId, ...(obstacle === undefined ? {} : { obstacle: obstacle.code }) };
    if (isStuck) logger.warn(about, "the gate is stuck: new workflows had better go to another");
    else logger.info(about, "the gate is not stuck any more");
  }
}

/** The first obstacle of gate and operator; unknown where a check could not be made. */
function obstacleAmong(made: readonly Made<Named>[]): Obstacle | undefined | "unknown" {
  const known = new Map(made.map((one) => [one.check.name, one]));
  for (const { name, code, class: of } of gateChecks) {
    const one = known.get(name);
    if (one === undefined || "error" in one) return "unknown";
    if (!one.finding.ok) return { code, holdsAll: of === "blocking" };
  }
  return undefined;
}
