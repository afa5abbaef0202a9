import type { ProductInfo } from "../up-info.ts";

/** The product that a demo is told on, in whatever shape. */
export interface RunningProduct {
  readonly info: ProductInfo;
  /** Peak resident memory of each of its processes so far, bytes; undefined where the system does not tell. */
  peakMemory(): readonly (readonly [process: string, bytes: number | undefined])[];
}

/** What a demo has started, to be ended in the end, the last one first. */
export type Started = Pick<AsyncDisposableStack, "defer">;
