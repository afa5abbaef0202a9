import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import {
  type CheckPolicyResponse,
  type DirectUserTermsSchema,
  type SignCancelRequest,
  type SignCancelResponse,
  type SignDirectUserCallRequest,
  type SignDirectUserCallResponse,
  SignerProxyService,
  type SignSimulationRequestSchema,
  type SignStepRequest,
  type SignStepResponse,
  type StepTermsSchema,
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

/** signer-proxy, as the broadcaster asks it. */
export class Signer {
  readonly #client: Client<typeof SignerProxyService>;

  constructor(transport: Transport) {
    this.#client = createClient(SignerProxyService, transport);
  }

  async account(walletId: string): Promise<{ accountId: string; publicKey: string }> {
    return translated(this.#client.getAccount({ walletId }));
  }

  /** The same from the keystore itself, whatever is remembered: whether it is ready. */
  async freshAccount(walletId: string, signal: AbortSignal): Promise<{ accountId: string; publicKey: string }> {
    return translated(this.#client.getAccount({ walletId, fresh: true }, { signal }));
  }

  /** Asks policy and has payloads signed that can be simulated and never executed. */
  async signSimulation(
    request: Omit<MessageInitShape<typeof SignSimulationRequestSchema>, "$typeName">,
    signal: AbortSignal,
  ): Promise<SimulationVerdict> {
    const { verdict } = await translated(this.#client.signSimulation(request, { signal }));
    switch (verdict.case) {
      case "signed":
        return { kind: "signed", payloads: verdict.value.payloadsJson, blockingToken: verdict.value.blockingToken };
      case "denied":
        return { kind: "denied", step: verdict.value.step, reason: verdict.value.reason };
      case "approvalRequired":
        return { kind: "approval_required", requiredApprovals: verdict.value.requiredApprovals };
      case undefined:
        throw new KeystoreUnavailable("signer-proxy gave no verdict");
      default:
        return verdict satisfies never;
    }
  }

  /** @param terms of each step, where it is to be signed; none to ask only */
  async checkPolicy(
    { walletId, requestId, calls, approval }: Judged,
    usageStatement: UsageStatement,
    terms: readonly StepTerms[] = [],
  ): Promise<Verdict> {
    const of = { walletId, requestId, calls: [...calls], usageStatement, terms: [...terms] };
    const request = approval === undefined ? of : { ...of, approval };
    return verdictOf((await translated(this.#client.checkPolicy(request))).verdict);
  }

  async signStep(request: Omit<SignStepRequest, "$typeName">): Promise<SignStepResponse> {
    return translated(this.#client.signStep(request));
  }

  /** The cancel of a payload that the wallet signed: it uses the same nonce up and moves nothing. */
  async signCancel(request: Omit<SignCancelRequest, "$typeName">): Promise<SignCancelResponse> {
    return translated(this.#client.signCancel(request));
  }

  /** The key that a wallet has for a scope. */
  async directUserKey(walletId: string, scope: DirectUserScope): Promise<string> {
    return (await translated(this.#client.prepareDirectUserKey({ walletId, scope }))).publicKey;
  }

  /** @param terms where it is to be signed */
  async checkDirectUserPolicy(
    { walletId, requestId, call }: JudgedUserCall,
    usageStatement: UsageStatement,
    terms?: CallTerms,
  ): Promise<Verdict> {
    const of = { walletId, requestId, call, usageStatement };
    const request = terms === undefined ? of : { ...of, terms };
    return verdictOf((await translated(this.#client.checkDirectUserPolicy(request))).verdict);
  }

  async signDirectUserCall(request: Omit<SignDirectUserCallRequest, "$typeName">): Promise<SignDirectUserCallResponse> {
    return translated(this.#client.signDirectUserCall(request));
  }
}

function verdictOf(verdict: CheckPolicyResponse["verdict"]): Verdict {
  switch (verdict.case) {
    case "allowed": {
      const { grants, expiresAt, steps, termsDigest } = verdict.value;
      const expiresAtMs = expiresAt === undefined ? 0 : timestampMs(expiresAt);
      return { kind: "allowed", grants, expiresAtMs, steps, termsDigest };
    }
    case "denied":
      return { kind: "denied", step: verdict.value.step, reason: verdict.value.reason };
    case "approvalRequired":
      return { kind: "approval_required", requiredApprovals: verdict.value.requiredApprovals };
    case undefined:
      throw new KeystoreUnavailable("signer-proxy gave no verdict");
    default:
      return verdict satisfies never;
  }
}

/** Codes that asking again does not change. */
const final: readonly Code[] = [Code.FailedPrecondition, Code.InvalidArgument, Code.PermissionDenied];

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const connectError = ConnectError.from(error);
    const info = connectError.findDetails(ErrorInfoSchema)[0];
    const reason = info?.reason;
    if (reason === "GRANT_EXPIRED" || reason === "GRANT_INVALID") throw new GrantLapsed(connectError.rawMessage);
    const nothingSigned = info?.metadata.nothingSigned === "true";
    // Evidence and signer-proxy do not understand one another, or their clocks differ: the operator's to mend.
    if (reason === "USAGE_INVALID" || reason === "RESERVATION_INVALID") {
      throw new KeystoreUnavailable(connectError.rawMessage);
    }
    if (reason === "APPROVAL_REQUIRED") {
      const required = Number(info?.metadata.requiredApprovals ?? 0);
      throw new ApprovalsMissing(connectError.rawMessage, required, nothingSigned);
    }
    // What was wrong with the question is wrong with it the next time too.
    if (final.includes(connectError.code)) throw new KeystoreRefused(connectError.rawMessage, nothingSigned);
    throw new KeystoreUnavailable(connectError.rawMessage);
  }
}
