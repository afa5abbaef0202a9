import type { AttackWorld } from "./attack-world.ts";

/** One kind of attack, as a file of `attacks/` describes it. */
export interface Attack {
  /** Kebab-case; what `--only` takes. */
  readonly name: string;
  /** What is tried, as a sentence. */
  readonly tries: string;
  /**
   * Milliseconds from the beginning of one round to that of the next. Rounds that are late for want of a processor follow one another
   * at once, until they have caught up.
   */
  readonly everyMs: number;
  /**
   * Answers with which it is refused, or that do no harm: `404`, `grpc 16`, `reset`, `closed`, `timeout`. An answer that is not
   * among them has let the attack through, and fails the run.
   */
  readonly refusals: readonly string[];
  /** What it does once. Every answer is counted by the clients of the world. */
  round(world: AttackWorld): Promise<void>;
}

/** A body, or another single request, that could hold up an event loop; each is sent alone, and the stall of every service is read. */
export interface Hold {
  readonly name: string;
  /** Longest stall that is this request's, once sent. */
  send(world: AttackWorld): Promise<void>;
}
