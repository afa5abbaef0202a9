import type {
  DeriveAccountResponse,
  GetDirectUserKeyStatusResponse,
  GetQuotesResponse,
  PrepareDirectUserKeyResponse,
} from "@outlayer/contracts/outlayer/planner/v1/planner";
import type {
  CreateChallengeResponse,
  SignInResponse,
  SignOutResponse,
} from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import type { Account, StaleKeys } from "@outlayer/contracts/outlayer/workflow/v1/account";
import type { Plan } from "@outlayer/contracts/outlayer/workflow/v1/plan";
import type { Preflight } from "@outlayer/contracts/outlayer/workflow/v1/preflight";
import type { Record as WorkflowRecord } from "@outlayer/contracts/outlayer/workflow/v1/record";
import type { DirectUserScope } from "@outlayer/workflow";

/** The wallet that an upstream is called for, and the time limit. */
export interface Call {
  /** The headers by which the gateway vouches for the wallet. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Passes headers of the answer on to the caller. */
  readonly passOn?: ((headers: Headers) => void) | undefined;
}

/** The planner, which alone validates bodies. Every method throws Problem. */
export interface Planner {
  plan(body: string, call: Call): Promise<Plan>;
  /** @param body undefined: only gate and operator are checked */
  preflight(body: string | undefined, call: Call): Promise<Preflight>;
  /** @param idempotencyKeys the keys in headers */
  executeWorkflow(body: string, idempotencyKeys: readonly string[], call: Call): Promise<WorkflowRecord>;
  executeSequentialBatch(body: string, idempotencyKeys: readonly string[], call: Call): Promise<WorkflowRecord>;
  prepareDirectUserKey(body: string, call: Call): Promise<PrepareDirectUserKeyResponse>;
  directUserKeyStatus(scope: DirectUserScope, call: Call): Promise<GetDirectUserKeyStatusResponse>;
  getAccount(
    asked: {
      readonly accountId: string;
      readonly publicKey: string | undefined;
      readonly tokenIds: readonly string[];
    },
    call: Call,
  ): Promise<Account>;
  getStaleKeys(accountId: string, call: Call): Promise<StaleKeys>;
  getQuotes(body: string, call: Call): Promise<GetQuotesResponse>;
  deriveAccount(body: string, call: Call): Promise<DeriveAccountResponse>;
  executeDirectUserCall(body: string, idempotencyKeys: readonly string[], call: Call): Promise<WorkflowRecord>;
  /** Undefined for an unknown id, and for another wallet's. */
  cancelWorkflow(requestId: string, call: Call): Promise<WorkflowRecord | undefined>;
}

/** Signing in, which the planner judges. Every method throws Problem. */
export interface SignIns {
  createChallenge(body: string, call: Call): Promise<CreateChallengeResponse>;
  signIn(body: string, call: Call): Promise<SignInResponse>;
  /** Revokes the calling session. */
  signOut(call: Call): Promise<SignOutResponse>;
}

/** Records of the calling wallet. Every method throws Problem. */
export interface Records {
  /** Undefined for an unknown id, and for another wallet's. */
  get(requestId: string, call: Call): Promise<WorkflowRecord | undefined>;
  /** Answers once the record has changed or ended, or after this many milliseconds, up to 60,000. */
  hold(requestId: string, until: "changed" | "ended", ms: number, call: Call): Promise<WorkflowRecord | undefined>;
  /** Events after a version, in order, to the workflow's end. Ends without an error when the signal is aborted. */
  watch(requestId: string, afterVersion: number, call: Call): AsyncIterable<ProgressEvent>;
}
