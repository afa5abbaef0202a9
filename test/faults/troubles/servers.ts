import { setTimeout as sleep } from "node:timers/promises";
import { reached, type UnderWay } from "./chain.ts";
import type { Trouble } from "./trouble.ts";

/** A server that may be killed and started again on what it has stored. */
export interface Killable {
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** MongoDB or NATS is killed, and started again. */
export const serverKilled = (name: string, server: Killable, status: UnderWay, downMs: number): Trouble => ({
  name: `${name} is killed`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    await server.kill();
    await sleep(downMs);
    await server.start();
  },
});
