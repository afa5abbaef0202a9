import type { Addresses } from "@outlayer/distributed";
import type { Environment } from "@outlayer/kit";
import { needServers } from "./shapes/servers.ts";

/** How the product runs: in this process on SQLite, or as five processes on a MongoDB and a NATS. */
export type Shape = "embedded" | "distributed";

/** One way to run the product, for one system. */
export interface ShapeOfSystem {
  /** Where this system's evidence is kept, and what else its shape needs. */
  readonly environment: Environment;
  start(environment: Environment): Promise<Addresses & { stop(): Promise<void> }>;
  /** Removes the evidence. */
  remove(): Promise<void>;
}

/** A test that reaches into the product's process, by `wrap` or `clock`: there is none for the distributed shape. */
export function itEmbedded(shape: Shape, title: string, test: () => Promise<void>): void {
  if (shape === "embedded") it(title, test);
}

/**
 * A suite for each shape. Without servers the distributed one is left out visibly, or fails under `CI`.
 * @param timeoutMs of tests and hooks. It only ends what hangs: five processes take seconds to start, and on a busy machine
 * one does as well.
 */
export function describeShapes(title: string, define: (shape: Shape) => void, timeoutMs = 60_000): void {
  describe(title, function () {
    this.timeout(timeoutMs);
    define("embedded");
  });
  describe("distributed", () => {
    before(function () {
      return needServers(this);
    });
    // One further in: hooks beside one that skips would run all the same.
    describe(title, function () {
      this.timeout(timeoutMs);
      define("distributed");
    });
  });
}
