import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type {
  DirectUserTermsSchema,
  SignCancelRequest,
  SignCancelResponse,
  SignDirectUserCallRequest,
  SignDirectUserCallResponse,
  SignSimulationRequestSchema,
  SignStepRequest,
  SignStepResponse,
  StepTermsSchema,
} from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { DirectUserCall, DirectUserScope } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import type { Approval, StepUsage, UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";

/** The keystore is away or not ready: it is worth waiting for. */
export class KeystoreUnavailable extends Error {
  override readonly name = "KeystoreUnavailable";
}

/**
 * The keystore refuses, or answers with something that does not hold (rule: keystore-refusal-fails-at-once). The message
 * is for the user.
 */
export class KeystoreRefused extends Error {
  override readonly name = "KeystoreRefused";
  /** Nothing can come of what was asked for: no part of it was signed. */
  readonly nothingSigned: boolean;

  constructor(message: string, nothingSigned = false) {
    super(message);
    this.nothingSigned = nothingSigned;
  }
}

/** A grant has expired or does not fit: policy is to be asked again. */
export class GrantLapsed extends Error {
  override readonly name = "GrantLapsed";
}

/** The keystore itself asks for more approvals than the policy check did. */
export class ApprovalsMissing extends Error {
  override readonly name = "ApprovalsMissing";
  readonly requiredApprovals: number;
  /** As of a refusal. */
  readonly nothingSigned: boolean;

  constructor(message: string, requiredApprovals: number, nothingSigned = false) {
    super(message);
    this.requiredApprovals = requiredApprovals;
    this.nothingSigned = nothingSigned;
  }
}

export type Verdict =
  | {
      readonly kind: "allowed";
      /** One per step where the terms of signing were named, else none. */
      readonly grants: readonly string[];
      readonly expiresAtMs: number;
      /** What each step counts against the wallet's limits. */
      readonly steps: readonly StepUsage[];
      /** Of the terms that were named; empty where none were. */
      readonly termsDigest: string;
    }
  | { readonly kind: "denied"; readonly step: number; readonly reason: string }
  | { readonly kind: "approval_required"; readonly requiredApprovals: number };

export type SimulationVerdict =
  | { readonly kind: "signed"; readonly payloads: readonly string[]; readonly blockingToken: string }
  | Exclude<Verdict, { kind: "allowed" }>;

/** A workflow, as far as policy judges it. */
export interface Judged {
  readonly walletId: string;
  readonly requestId: string;
  readonly calls: readonly GateCall[];
  readonly approval: Approval | undefined;
}

/** A user's call, as far as policy judges it. */
export interface JudgedUserCall {
  readonly walletId: string;
  readonly requestId: string;
  readonly call: DirectUserCall;
}

/** On what a step is signed. */
export type StepTerms = Plain<typeof StepTermsSchema>;
/** On what a user's call is signed. */
export type CallTerms = Plain<typeof DirectUserTermsSchema>;
type Plain<S extends DescMessage> = Omit<MessageShape<S>, "$typeName" | "$unknown">;

type Request<T> = Omit<T, "$typeName">;

/**
 * signer-proxy, as the broadcaster asks it. Every method throws KeystoreUnavailable and KeystoreRefused; what signs also
 * GrantLapsed and ApprovalsMissing.
 */
export interface Signer {
  account(walletId: string): Promise<{ accountId: string; publicKey: string }>;
  /** The same from the keystore itself, whatever is remembered: whether it is ready. */
  freshAccount(walletId: string, signal: AbortSignal): Promise<{ accountId: string; publicKey: string }>;
  /** Asks policy and has payloads signed that can be simulated and never executed. */
  signSimulation(
    request: Request<MessageInitShape<typeof SignSimulationRequestSchema>>,
    signal: AbortSignal,
  ): Promise<SimulationVerdict>;
  /** @param terms of each step, where it is to be signed; none to ask only */
  checkPolicy(judged: Judged, usageStatement: UsageStatement, terms?: readonly StepTerms[]): Promise<Verdict>;
  signStep(request: Request<SignStepRequest>): Promise<SignStepResponse>;
  /** The cancel of a payload that the wallet signed: it uses the same nonce up and moves nothing. */
  signCancel(request: Request<SignCancelRequest>): Promise<SignCancelResponse>;
  /** The key that a wallet has for a scope. */
  directUserKey(walletId: string, scope: DirectUserScope): Promise<string>;
  /** @param terms where it is to be signed */
  checkDirectUserPolicy(judged: JudgedUserCall, usageStatement: UsageStatement, terms?: CallTerms): Promise<Verdict>;
  signDirectUserCall(request: Request<SignDirectUserCallRequest>): Promise<SignDirectUserCallResponse>;
}
