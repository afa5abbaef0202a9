import type {
  GetDirectUserKeyStatusResponse,
  PrepareDirectUserKeyResponse,
} from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import type { Plan } from "@outlayer/contracts/outlayer/workflow/v1/plan";
import type { Preflight } from "@outlayer/contracts/outlayer/workflow/v1/preflight";
import type { Record as WorkflowRecord } from "@outlayer/contracts/outlayer/workflow/v1/record";
import type { DirectUserScope } from "@outlayer/workflow";

/** On whose behalf an upstream is called, and until when its answer is wanted. */
export interface Call {
  /** The headers by which the gateway vouches for the wallet, under its own identity. */
  readonly credentials: Headers;
  readonly signal: AbortSignal;
  /** Hears of headers of the answer that are for the caller as well. */
  readonly passOn?: ((headers: Headers) => void) | undefined;
}

/** The planner, the only judge of a body. Every method throws Problem. */
export interface Planner {
  plan(body: string, call: Call): Promise<Plan>;
  /** @param body undefined: only gate and operator are looked at */
  preflight(body: string | undefined, call: Call): Promise<Preflight>;
  /** @param idempotencyKeys those that came beside the body */
  executeWorkflow(body: string, idempotencyKeys: readonly string[], call: Call): Promise<WorkflowRecord>;
  executeSequentialBatch(body: string, idempotencyKeys: readonly string[], call: Call): Promise<WorkflowRecord>;
  prepareDirectUserKey(body: string, call: Call): Promise<PrepareDirectUserKeyResponse>;
  directUserKeyStatus(scope: DirectUserScope, call: Call): Promise<GetDirectUserKeyStatusResponse>;
  executeDirectUserCall(body: string, idempotencyKeys: readonly string[], call: Call): Promise<WorkflowRecord>;
  /** Undefined for an id that never was, and for another wallet's. */
  cancelWorkflow(requestId: string, call: Call): Promise<WorkflowRecord | undefined>;
}

/** The records of the wallet that calls. Every method throws Problem. */
export interface Records {
  /** Undefined for an id that never was, and for another wallet's. */
  get(requestId: string, call: Call): Promise<WorkflowRecord | undefined>;
  /** Holds the answer until the record has changed or ended, for at most so many milliseconds, up to 60,000. */
  hold(requestId: string, until: "changed" | "ended", ms: number, call: Call): Promise<WorkflowRecord | undefined>;
  /** What happens after a version, in order, to the workflow's end. Ends without an error when the signal is aborted. */
  watch(requestId: string, afterVersion: number, call: Call): AsyncIterable<ProgressEvent>;
}
