import { encodeBase58 } from "../../../crypto/base58.ts";
import { encodeBase64 } from "../../../crypto/base64.ts";
import { DecodeError } from "../../sdk/decode-error.ts";
import { panic, require } from "../../sdk/panic.ts";
import { intentEvent } from "../events.ts";
import { parseVersionedNonce } from "../nonce.ts";
import type { IntentsMessage } from "../payload/intents-message.ts";
import type { SignedPayload } from "../payload/signed-payload.ts";
import type { Execution } from "./execution.ts";

/** An executed payload in the contract's JSON form. */
export interface ExecutedPayload {
  readonly intent_hash: string;
  readonly account_id: string;
  readonly nonce: string;
}

export interface ExecutionReport {
  readonly executed: readonly ExecutedPayload[];
  /** Nanoseconds since the epoch; undefined for no payloads. */
  readonly minDeadlineNs: bigint | undefined;
}

/**
 * Executes payloads in order, each completely checked before its intents. Whether the batch balances is for the caller to check with
 * the matcher.
 * @throws ContractPanic with the first refusal, in the contract's order of checks
 */
export function executeSigned(execution: Execution, signed: readonly SignedPayload[]): ExecutionReport {
  const executed: ExecutedPayload[] = [];
  let minDeadlineNs: bigint | undefined;
  for (const payload of signed) {
    const { message, intentHash } = accept(execution, payload);
    const { signerId, deadlineNs, nonce, intents } = message;
    if (minDeadlineNs === undefined || deadlineNs < minDeadlineNs) minDeadlineNs = deadlineNs;
    for (const intent of intents) intent(execution, { accountId: signerId, intentHash });
    executed.push({ intent_hash: intentHash, account_id: signerId, nonce: encodeBase64(nonce) });
  }
  if (executed.length > 0) execution.effects.emit(intentEvent("intents_executed", executed));
  return { executed, minDeadlineNs };
}

/** Checks everything but the intents, and uses up the nonce. */
function accept(
  execution: Execution,
  payload: SignedPayload,
): { readonly message: IntentsMessage; readonly intentHash: string } {
  const { state, verifierId, nowNs } = execution;
  const key = payload.signingKey() ?? panic("invalid signature");
  const message = readMessage(payload);
  const { signerId, verifyingContract, deadlineNs, nonce } = message;
  require(verifyingContract === verifierId, "wrong verifying_contract");
  require(deadlineNs >= nowNs, "deadline has expired");
  state.accounts.assertHasPublicKey(signerId, key);
  const versioned = parseVersionedNonce(nonce);
  if (versioned) {
    require(deadlineNs <= versioned.deadlineNs, "deadline is greater than nonce");
    require(state.salts.isValid(versioned.salt), "invalid salt");
  }
  state.accounts.useNonce(signerId, nonce);
  return { message, intentHash: encodeBase58(payload.hash) };
}

function readMessage(payload: SignedPayload): IntentsMessage {
  try {
    return payload.message();
  } catch (error) {
    if (error instanceof DecodeError) panic(`JSON: ${error.message}`);
    throw error;
  }
}
