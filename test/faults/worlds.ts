import type { Violation } from "../checker/violation.ts";
import { World, type WorldOptions } from "./world.ts";

/** Several worlds side by side, since most of a kill is waiting: for a process to start, a lease to run out, blocks. */
export class Worlds {
  readonly #worlds: readonly World[];

  private constructor(worlds: readonly World[]) {
    this.#worlds = worlds;
  }

  static async start(count: number, options: WorldOptions): Promise<Worlds> {
    const started = await Promise.allSettled(Array.from({ length: count }, () => World.start(options)));
    const worlds = new Worlds(started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
    const failed = started.find((one) => one.status === "rejected");
    if (failed === undefined) return worlds;
    await worlds.stop();
    throw failed.reason;
  }

  get first(): World {
    const [first] = this.#worlds;
    if (first === undefined) throw new RangeError("there is no world");
    return first;
  }

  get kills(): number {
    return this.#worlds.reduce((sum, { kills }) => sum + kills, 0);
  }

  /** Plays all of them, each in the next world that is free. */
  async playAll<P, R>(plays: readonly P[], play: (world: World, play: P) => Promise<R>): Promise<readonly R[]> {
    const left = [...plays];
    const results: R[] = [];
    const work = async (world: World) => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) results.push(await play(world, next));
    };
    await Promise.all(this.#worlds.map(work));
    return results;
  }

  async check(): Promise<readonly Violation[]> {
    return (await Promise.all(this.#worlds.map((world) => world.check()))).flat();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#worlds.map((world) => world.stop()));
  }
}
