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
import type { AccountAsked, AccountFacts } from "./account.ts";
import type { AssignableGate } from "./assign-gate.ts";
import type { FactName, Facts, VerifierFacts } from "./facts.ts";
import type { OpenedInit } from "./opening.ts";
import type { GateCallInit } from "./payload.ts";
import type { Offer, WalletsSwap } from "./quotes.ts";
import type { VerifiedPayload } from "./signed-payload.ts";

/** The gate for a wallet's next workflow, as the gates are at the moment. Never rejects, and never waits for long. */
export type ChooseGate = (walletId: string) => Promise<AssignableGate>;

/** Whose facts are wanted. */
export interface FactsOf {
  readonly walletId: string;
  /** The gate whose terms are wanted. */
  readonly gateId: string;
}

/**
 * Fetches facts of a wallet and a gate; a fact that is not there in time is undefined. Never rejects.
 * @param patienceMs where more is needed than a plan has, which does without what is late
 */
export type FetchFacts = (
  of: FactsOf,
  names: readonly FactName[],
  signal: AbortSignal,
  patienceMs?: number,
) => Promise<Facts>;

/**
 * Asks the verifier about payloads that others signed. Undefined where there is no answer in time. Never rejects.
 * @param patienceMs as `FetchFacts`
 */
export type FetchPayloadFacts = (
  payloads: readonly VerifiedPayload[],
  signal: AbortSignal,
  patienceMs?: number,
) => Promise<VerifierFacts | undefined>;

/**
 * Asks a source what it offers. Whatever the source says is bounded in time, bytes and number, and otherwise not to be believed.
 * @throws QuoteFailed where it offers nothing
 */
export type AskQuotes = (asked: WalletsSwap, signal: AbortSignal) => Promise<readonly Offer[]>;

/** All facts of a wallet and a gate, where they are known without asking; else undefined. */
export type KnownFacts = (of: FactsOf) => Facts | undefined;

/**
 * Runs every check that a run of these calls depends on; without calls, only those of gate and operator. Undefined when the
 * broadcaster does not answer.
 */
export type AskPreflight = (
  run: {
    readonly walletId: string;
    /** The gate that would carry them. */
    readonly gateId: string;
    readonly calls: readonly GateCallInit[];
    readonly approval?: ApprovalInfo | undefined;
    /** Whether each call would be resumed by itself. */
    readonly stepwise?: boolean;
  } & Partial<Pick<WorkflowRequest, "onFailure" | "ordering">>,
  signal: AbortSignal,
) => Promise<Preflight | undefined>;

/** A wallet's keys for users' scopes. Throws Refusal Unavailable where keystore or chain give no answer. */
export interface DirectUserKeys {
  derive(
    walletId: string,
    scope: DirectUserScope,
    signal: AbortSignal,
  ): Promise<{ readonly publicKey: string; readonly keyLabel: string; readonly methodNamesHash: string }>;
  /** The key as it is on the chain. */
  find(scope: DirectUserScope, publicKey: string, signal: AbortSignal): Promise<GetDirectUserKeyResponse>;
}

/** Reads an account as the verifier and NEAR have it. Throws Refusal Unavailable where the chain gives no answer. */
export type ReadAccount = (asked: AccountAsked, signal: AbortSignal) => Promise<AccountFacts>;

/**
 * Uses a challenge up for one session.
 * @returns false where another session has used it
 * @throws Refusal Unavailable where it is unknown
 */
export type UseChallenge = (
  used: {
    readonly nonce: Uint8Array;
    readonly sessionId: string;
    /** When the challenge expires, milliseconds since the epoch. */
    readonly expiresAtMs: number;
    /** The account, where its keys on NEAR can be deleted while the verifier still takes them. */
    readonly nearAccountId: string | undefined;
  },
  signal: AbortSignal,
) => Promise<boolean>;

/** Revokes a session. Throws Refusal Unavailable where it is unknown whether it is revoked. */
export type RevokeSession = (sessionId: string, signal: AbortSignal) => Promise<void>;

/**
 * Records a request before anything is done for it, or finds the record under the same idempotency key.
 * @param onlyFinds nothing new is recorded, since no gate takes it
 */
export type OpenWorkflow = (
  requestId: string,
  opened: OpenedInit,
  signal: AbortSignal,
  onlyFinds?: boolean,
) => Promise<OpenResult>;

/**
 * Counts a request that is answered without a record.
 * @returns the quotas' standings
 * @throws Refusal ResourceExhausted, QUOTA_EXCEEDED; Unavailable where it cannot be counted now
 */
export type CountPlan = (walletId: string, signal: AbortSignal) => Promise<readonly QuotaStanding[]>;

/** The calling wallet, and the credential that proved it. */
export interface Caller {
  readonly walletId: string;
  readonly credential: "internal_token" | "api_key" | "session";
  /** Of a session alone. */
  readonly sessionId?: string;
}

/** Reads a record of the caller's wallet and of an endpoint. */
export type FindRecord = (
  wanted: { readonly requestId: string; readonly endpoint: Endpoint },
  caller: Caller,
  signal: AbortSignal,
) => Promise<FindResult>;

/** Records once that a wallet wants its workflow cancelled. */
export type RequestCancel = (requestId: string, walletId: string, signal: AbortSignal) => Promise<CancelResult>;

export type CancelResult =
  | { readonly kind: "recorded"; readonly record: Record }
  /** The wallet has no such workflow; or it is unknown whether the cancel request was recorded. */
  | { readonly kind: "not_found" | "unavailable" };

export type FindResult =
  | { readonly kind: "found"; readonly record: Record }
  | { readonly kind: "not_found" | "unavailable" };

export type OpenResult =
  | {
      readonly kind: "opened";
      readonly record: Record;
      readonly created: boolean;
      /** The wallet's quotas after this request; empty where the record was found. */
      readonly quotas: readonly QuotaStanding[];
    }
  /** The wallet has used up a quota: nothing was recorded. */
  | { readonly kind: "over_quota"; readonly message: string; readonly exceeded: ExceededQuota }
  /** The key was used with another request. */
  | { readonly kind: "other_request"; readonly requestId: string | undefined }
  /** The approval was used up by the request named. */
  | { readonly kind: "approval_used"; readonly requestId: string | undefined }
  /** Nothing was recorded: no gate takes it. */
  | { readonly kind: "draining" }
  /** It is unknown whether the request was recorded. */
  | { readonly kind: "unavailable" };
