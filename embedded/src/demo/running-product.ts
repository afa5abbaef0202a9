import type { ProductInfo } from "../up-info.ts";

/** The product that a demo runs on, in any shape. */
export interface RunningProduct {
  readonly info: ProductInfo;
  /** Peak resident memory of each of its processes so far, bytes; undefined where the system does not tell. */
  peakMemory(): readonly (readonly [process: string, bytes: number | undefined])[];
}

/** Collects what a demo has started, to be ended in reverse order. */
export type Started = Pick<AsyncDisposableStack, "defer">;
