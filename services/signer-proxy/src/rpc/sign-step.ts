import { sessionAccountOf } from "@outlayer/access";
import type { SignStepRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { Clock, Logger } from "@outlayer/kit";
import type { Accounts } from "../core/account-cache.ts";
import { type GrantMac, verifyGrant } from "../core/grant.ts";
import { checkIntentsCall } from "../core/intents-call.ts";
import {
  checkIntentsTerms,
  executeIntentsArgs,
  nep413Request,
  type SignedPayload,
  signedPayload,
} from "../core/intents-payload.ts";
import type { Keystore, WalletAccount } from "../core/keystore.ts";
import { ownArgs, ownCallProblem } from "../core/own-payloads.ts";
import { InvalidRequest, KeystoreError } from "../core/problems.ts";
import { checkFitsJson, type SignedDelegate, signedDelegate } from "../core/signed-delegate.ts";
import { checkReservation, requireReservation, type UsageProofs } from "../core/usage-statement.ts";
import { answering } from "./refusals.ts";

export interface SignStepDeps {
  readonly keystore: Pick<Keystore, "signNep413" | "signDelegate">;
  readonly accounts: Accounts;
  readonly verifierId: string;
  readonly grantMac: GrantMac;
  readonly proofs: UsageProofs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A request that has its call. */
type Step = SignStepRequest & { readonly call: GateCall };

/**
 * Signs one step: the payload around its intents, if it has any, then the delegate around the call. For a session it signs the
 * delegate of the service wallet alone. The bytes are built here from the call and the terms of the grant, so nothing else can be
 * signed, and a repeated request signs the same bytes. Nothing is signed before evidence's ledger counts it.
 */
export function signStep(deps: SignStepDeps) {
  const { keystore, accounts, verifierId, logger } = deps;

  /** Called at first, and again before each signature, since a grant can expire while the keystore answers. */
  const checkGrant = (step: Step) => {
    const reserved = requireReservation(step.reservation);
    verifyGrant(deps.grantMac, step.grant, { ...step, terms: step, reserved }, deps.clock.now());
    checkReservation(deps.proofs, step, reserved);
  };

  const signPayload = async (step: Step, account: WalletAccount, signal: AbortSignal) => {
    const { call, walletId, intentsNonce: nonce, intentsDeadlineMs: deadlineMs } = step;
    if (call.payload.case !== "intents") return undefined;
    const request = nep413Request(walletId, account, { nonce, deadlineMs }, call.payload.value, verifierId);
    checkGrant(step);
    const answer = await keystore.signNep413({ ...request, approval: step.approval }, signal);
    return signedPayload(request, answer, account);
  };

  const signDelegate = async (step: Step, args: Uint8Array, account: WalletAccount, signal: AbortSignal) => {
    const { call, walletId, currentBlockHeight, approval } = step;
    const delegate = {
      senderId: account.accountId,
      receiverId: call.receiverId,
      methodName: call.methodName,
      args,
      gas: BigInt(call.gas),
      deposit: BigInt(call.deposit),
      nonce: step.delegateNonce,
      maxBlockHeight: step.maxBlockHeight,
    };
    checkGrant(step);
    const answer = await keystore
      .signDelegate({ walletId, delegate, currentBlockHeight, approval }, signal)
      .catch((error: unknown) => {
        // By now the step's payload is signed.
        const hasSigned = call.payload.case === "intents";
        throw error instanceof KeystoreError ? new KeystoreError(error.problem, error.cause, hasSigned) : error;
      });
    return signedDelegate({ ...delegate, publicKey: account.publicKey }, answer);
  };

  return (request: SignStepRequest, { signal }: { readonly signal: AbortSignal }) => {
    const { walletId, requestId, step: index } = request;
    const about = { method: "SignStep", wallet_id: walletId, request_id: requestId, step: index };
    return answering(logger, about, async () => {
      const step = checkedStep(request, verifierId);
      checkGrant(step);
      const account = await accounts(walletId, signal);
      const payload = await signPayload(step, account, signal);
      const delegate = await signDelegate(step, argsOf(step.call, payload), account, signal);
      const answer = { ...payload, ...delegate };
      logger.info({ ...about, delegateHash: answer.delegateHash, intentHash: payload?.intentHash }, "signed");
      return answer satisfies Partial<SignedPayload> & SignedDelegate;
    });
  };
}

/** @throws InvalidRequest where the parts of a request do not fit together */
function checkedStep(request: SignStepRequest, verifierId: string): Step {
  const { call, intentsNonce: nonce, intentsDeadlineMs: deadlineMs } = request;
  if (call === undefined) throw new InvalidRequest("call is required");
  checkIntentsCall("call", call, verifierId);
  const notOwn = ownCallProblem(call, sessionAccountOf(request.walletId));
  if (notOwn !== undefined) throw new InvalidRequest(`call: ${notOwn}`);
  if (call.payload.case === "intents") checkIntentsTerms({ nonce, deadlineMs }, call.payload.value);
  else if (nonce.length > 0) throw new InvalidRequest("intents_nonce must be empty for a call without intents");
  checkFitsJson("call.gas", BigInt(call.gas));
  checkFitsJson("max_block_height", request.maxBlockHeight);
  checkFitsJson("current_block_height", request.currentBlockHeight);
  return { ...request, call };
}

function argsOf({ payload }: GateCall, signed: SignedPayload | undefined): Uint8Array {
  if (payload.case === "args") return payload.value;
  if (payload.case === "own") return ownArgs(payload.value.payloads);
  if (payload.case === "intents" && signed !== undefined) {
    return executeIntentsArgs(signed.payloadJson, payload.value.counterpartySignedJson);
  }
  throw new InvalidRequest("call.payload is required");
}
