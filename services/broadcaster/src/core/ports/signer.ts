import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type {
  DirectUserTermsSchema,
  GetAccountResponse,
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

/** The keystore is away or not ready: waiting may help. */
export class KeystoreUnavailable extends Error {
  override readonly name = "KeystoreUnavailable";
}

/** The keystore refuses, or its answer fails a check (rule: keystore-refusal-fails-at-once). The message is for the user. */
export class KeystoreRefused extends Error {
  override readonly name = "KeystoreRefused";
  /** No part of the request was signed, so it can be forgotten. */
  readonly nothingSigned: boolean;

  constructor(message: string, nothingSigned = false) {
    super(message);
    this.nothingSigned = nothingSigned;
  }
}

/** A grant has expired or does not match: policy must be asked again. */
export class GrantLapsed extends Error {
  override readonly name = "GrantLapsed";
}

/** The keystore requires more approvals than the policy check did. */
export class ApprovalsMissing extends Error {
  override readonly name = "ApprovalsMissing";
  readonly requiredApprovals: number;
  /** As in KeystoreRefused. */
  readonly nothingSigned: boolean;

  constructor(message: string, requiredApprovals: number, nothingSigned = false) {
    super(message);
    this.requiredApprovals = requiredApprovals;
    this.nothingSigned = nothingSigned;
  }
}

export type Verdict =
  | NotAllowed
  | {
      readonly kind: "allowed";
      /** One per step where the terms of signing were given, else empty. */
      readonly grants: readonly string[];
      /** Amounts that each step counts against the wallet's limits. */
      readonly steps: readonly StepUsage[];
      /** Digest of the given terms; empty where none were given. */
      readonly termsDigest: string;
    };

/** A verdict by which nothing is signed. */
export type NotAllowed =
  | { readonly kind: "denied"; readonly step: number; readonly reason: string }
  | { readonly kind: "approval_required"; readonly requiredApprovals: number };

export type SimulationVerdict =
  | { readonly kind: "signed"; readonly payloads: readonly string[]; readonly blockingToken: string }
  | NotAllowed;

/** The parts of a workflow that policy judges. */
export interface Judged {
  readonly walletId: string;
  readonly requestId: string;
  readonly calls: readonly GateCall[];
  readonly approval: Approval | undefined;
}

/** The parts of a direct-user call that policy judges. */
export interface JudgedUserCall {
  readonly walletId: string;
  readonly requestId: string;
  readonly call: DirectUserCall;
}

/** The terms on which a step is signed. */
export type StepTerms = Plain<typeof StepTermsSchema>;
/** The terms on which a direct-user call is signed. */
export type CallTerms = Plain<typeof DirectUserTermsSchema>;
type Plain<S extends DescMessage> = Omit<MessageShape<S>, "$typeName" | "$unknown">;

/** A wallet's account and key; of a session without a key, and with the service wallet that signs its delegates. */
export type SigningAccount = Pick<GetAccountResponse, "accountId" | "publicKey" | "delegateSigner">;

type Request<T> = Omit<T, "$typeName">;

/**
 * signer-proxy as the broadcaster uses it. Every method throws KeystoreUnavailable and KeystoreRefused; those that sign also
 * GrantLapsed and ApprovalsMissing.
 */
export interface Signer {
  account(walletId: string): Promise<SigningAccount>;
  /** Asks the keystore itself, past all caches, and so finds whether it is ready. */
  freshAccount(walletId: string, signal: AbortSignal): Promise<SigningAccount>;
  /** Asks policy, and has payloads signed that can be simulated and never executed. */
  signSimulation(
    request: Request<MessageInitShape<typeof SignSimulationRequestSchema>>,
    signal: AbortSignal,
  ): Promise<SimulationVerdict>;
  /** @param terms of each step, if it is to be signed; empty to ask only */
  checkPolicy(judged: Judged, usageStatement: UsageStatement, terms?: readonly StepTerms[]): Promise<Verdict>;
  signStep(request: Request<SignStepRequest>): Promise<SignStepResponse>;
  /** Signs the cancel of the wallet's payload: it uses up the same nonce and moves nothing. */
  signCancel(request: Request<SignCancelRequest>): Promise<SignCancelResponse>;
  /** The key that a wallet has for a scope. */
  directUserKey(walletId: string, scope: DirectUserScope): Promise<string>;
  /** @param terms if the call is to be signed */
  checkDirectUserPolicy(judged: JudgedUserCall, usageStatement: UsageStatement, terms?: CallTerms): Promise<Verdict>;
  signDirectUserCall(request: Request<SignDirectUserCallRequest>): Promise<SignDirectUserCallResponse>;
}
