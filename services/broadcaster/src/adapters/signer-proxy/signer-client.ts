import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import {
  type CheckPolicyResponse,
  type SignCancelRequest,
  type SignCancelResponse,
  type SignDirectUserCallRequest,
  type SignDirectUserCallResponse,
  SignerProxyService,
  type SignSimulationRequestSchema,
  type SignStepRequest,
  type SignStepResponse,
} from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { DirectUserScope } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import type { UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import {
  ApprovalsMissing,
  type CallTerms,
  GrantLapsed,
  type Judged,
  type JudgedUserCall,
  KeystoreRefused,
  KeystoreUnavailable,
  type NotAllowed,
  type Signer,
  type SigningAccount,
  type SimulationVerdict,
  type StepTerms,
  type Verdict,
} from "../../core/ports/signer.ts";

/** signer-proxy over gRPC. */
export class SignerClient implements Signer {
  readonly #client: Client<typeof SignerProxyService>;

  constructor(transport: Transport) {
    this.#client = createClient(SignerProxyService, transport);
  }

  async account(walletId: string): Promise<SigningAccount> {
    return translated(this.#client.getAccount({ walletId }));
  }

  async freshAccount(walletId: string, signal: AbortSignal): Promise<SigningAccount> {
    return translated(this.#client.getAccount({ walletId, fresh: true }, { signal }));
  }

  async signSimulation(
    request: Omit<MessageInitShape<typeof SignSimulationRequestSchema>, "$typeName">,
    signal: AbortSignal,
  ): Promise<SimulationVerdict> {
    const { verdict } = await translated(this.#client.signSimulation(request, { signal }));
    if (verdict.case !== "signed") return notAllowed(verdict);
    return { kind: "signed", payloads: verdict.value.payloadsJson, blockingToken: verdict.value.blockingToken };
  }

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

  async signCancel(request: Omit<SignCancelRequest, "$typeName">): Promise<SignCancelResponse> {
    return translated(this.#client.signCancel(request));
  }

  async directUserKey(walletId: string, scope: DirectUserScope): Promise<string> {
    return (await translated(this.#client.prepareDirectUserKey({ walletId, scope }))).publicKey;
  }

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
  if (verdict.case !== "allowed") return notAllowed(verdict);
  const { grants, steps, termsDigest } = verdict.value;
  return { kind: "allowed", grants, steps, termsDigest };
}

/** @throws KeystoreUnavailable where there is no verdict */
function notAllowed(verdict: Exclude<CheckPolicyResponse["verdict"], { case: "allowed" }>): NotAllowed {
  switch (verdict.case) {
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

/**
 * Codes that a retry does not change. PermissionDenied without one of signer-proxy's reasons is none: it says that this broadcaster is
 * not known there, e.g. while `SERVICE_TOKEN` is another, and waiting gives the operator time to mend that.
 */
const final: readonly Code[] = [Code.FailedPrecondition, Code.InvalidArgument];

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const connectError = ConnectError.from(error);
    const info = connectError.findDetails(ErrorInfoSchema)[0];
    const reason = info?.reason;
    if (reason === "GRANT_EXPIRED" || reason === "GRANT_INVALID") throw new GrantLapsed(connectError.rawMessage);
    const nothingSigned = info?.metadata.nothingSigned === "true";
    // Evidence and signer-proxy have different secrets, or their clocks differ: waiting gives the operator time to mend that.
    if (reason === "USAGE_INVALID" || reason === "RESERVATION_INVALID") {
      throw new KeystoreUnavailable(connectError.rawMessage);
    }
    if (reason === "APPROVAL_REQUIRED") {
      const required = Number(info?.metadata.requiredApprovals ?? 0);
      throw new ApprovalsMissing(connectError.rawMessage, required, nothingSigned);
    }
    // The same request would fail the same way again.
    if (final.includes(connectError.code)) throw new KeystoreRefused(connectError.rawMessage, nothingSigned);
    throw new KeystoreUnavailable(connectError.rawMessage);
  }
}
