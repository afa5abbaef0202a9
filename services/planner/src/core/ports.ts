import type { GetDirectUserKeyResponse } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import type { Preflight } from "@outlayer/contracts/outlayer/workflow/v1/preflight";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import type {
  ApprovalInfo,
  DirectUserScope,
  Endpoint,
  ExceededQuota,
  QuotaStanding,
  WorkflowRequest,
} from "@outlayer/workflow";
import type { FactName, Facts } from "./facts.ts";
import type { OpenedInit } from "./opening.ts";
import type { GateCallInit } from "./payload.ts";

/**
 * Fetches the named facts of a wallet and the gate; one that cannot be had in a short while is undefined. Never
 * rejects.
 */
export type FetchFacts = (walletId: string, names: readonly FactName[], signal: AbortSignal) => Promise<Facts>;

/**
 * Has everything looked at that a run of these calls depends on; of none, only gate and operator. Undefined when nobody answers.
 */
export type AskPreflight = (
  run: {
    readonly walletId: string;
    readonly calls: readonly GateCallInit[];
    readonly approval?: ApprovalInfo | undefined;
  } & Partial<Pick<WorkflowRequest, "onFailure" | "ordering">>,
  signal: AbortSignal,
) => Promise<Preflight | undefined>;

/** The keys that a wallet has for users' scopes. Throws Refusal Unavailable where they are not to be had now. */
export interface DirectUserKeys {
  derive(
    walletId: string,
    scope: DirectUserScope,
    signal: AbortSignal,
  ): Promise<{ readonly publicKey: string; readonly keyLabel: string; readonly methodNamesHash: string }>;
  /** What is on the chain. */
  find(scope: DirectUserScope, publicKey: string, signal: AbortSignal): Promise<GetDirectUserKeyResponse>;
}

/** Records a request before anything else becomes of it, or finds the one that came under the same key. */
export type OpenWorkflow = (requestId: string, opened: OpenedInit, signal: AbortSignal) => Promise<OpenResult>;

/**
 * Counts a request that is answered without a record.
 * @returns what is left
 * @throws Refusal ResourceExhausted, QUOTA_EXCEEDED; Unavailable where it cannot be counted now
 */
export type CountPlan = (walletId: string, signal: AbortSignal) => Promise<readonly QuotaStanding[]>;

/** The wallet that calls, and how it is known. */
export interface Caller {
  readonly walletId: string;
  readonly credential: "internal_token" | "api_key";
}

/** Reads the record that an endpoint of the caller's wallet made. */
export type FindRecord = (
  wanted: { readonly requestId: string; readonly endpoint: Endpoint },
  caller: Caller,
  signal: AbortSignal,
) => Promise<FindResult>;

/** Writes down that a wallet wants its workflow cancelled, once. */
export type RequestCancel = (requestId: string, walletId: string, signal: AbortSignal) => Promise<CancelResult>;

export type CancelResult =
  | { readonly kind: "recorded"; readonly record: Record }
  /** No such workflow of this wallet; or it is not known whether the wish was recorded. */
  | { readonly kind: "not_found" | "unavailable" };

export type FindResult =
  | { readonly kind: "found"; readonly record: Record }
  | { readonly kind: "not_found" | "unavailable" };

export type OpenResult =
  | {
      readonly kind: "opened";
      readonly record: Record;
      readonly created: boolean;
      /** What the wallet's quotas stand at; empty where the request was found. */
      readonly quotas: readonly QuotaStanding[];
    }
  /** The wallet has used up a quota: nothing was recorded. */
  | { readonly kind: "over_quota"; readonly message: string; readonly exceeded: ExceededQuota }
  /** The key was already used with another request. */
  | { readonly kind: "other_request"; readonly requestId: string | undefined }
  /** The approval was already used, by the request named. */
  | { readonly kind: "approval_used"; readonly requestId: string | undefined }
  /** It is not known whether the request was recorded. */
  | { readonly kind: "unavailable" };
