import type { Env } from "../../contract.ts";
import { encodeBase64 } from "../../crypto/base64.ts";
import { BorshError } from "../../crypto/borsh/reader.ts";
import { base64Bytes, type Decoder, object } from "../sdk/decoder.ts";
import { jsonBytes } from "../sdk/json.ts";
import { change, promised } from "../sdk/method.ts";
import { panic, require } from "../sdk/panic.ts";
import { gateGas } from "./gas.ts";
import { type FunctionCall, type GateDelegate, isSignatureValid, readSignedDelegate } from "./signed-delegate.ts";
import { GateState } from "./state.ts";
import { traces } from "./trace.ts";

const args: Decoder<{ readonly signed_delegate: Uint8Array }> = object({ signed_delegate: base64Bytes });

/**
 * Holds a signed delegate under a yield (NEP-519). The nonce is used up from here on, whatever the intent's fate. Like the real gate,
 * it deliberately does not check whether the key is the sender's, nor inner gas, deposit and method name.
 */
export const submitIntent = change({ gas: gateGas.submit }, args, (env, { signed_delegate }) => {
  const state = new GateState(env.storage);
  require(state.isRelayer(env.predecessor), "caller is not a whitelisted relayer");
  const { delegate, call } = accept(env, state, signed_delegate);

  const { counters } = state;
  const id = counters.nextIntentId;
  state.count({ nextIntentId: id + 1n, submitted: counters.submitted + 1n });
  state.useNonce(delegate.senderId, delegate.nonce);

  const { promise, dataId } = env.yieldCreate({
    method: "on_intent_resumed",
    args: callbackArguments(id, delegate.receiverId, call),
    gas: gateGas.callbackReserved,
    gasWeight: 1n,
  });
  state.addPending(id, {
    dataId,
    sender: delegate.senderId,
    receiverId: delegate.receiverId,
    method: call.methodName,
    nonce: delegate.nonce,
    expiresAtBlock: delegate.maxBlockHeight,
    submittedAtBlock: env.height,
  });
  traces.intentSubmitted(env, id, delegate.senderId, delegate.receiverId, call.methodName, delegate.nonce);
  return promised(promise);
});

function accept(env: Env, state: GateState, bytes: Uint8Array): { delegate: GateDelegate; call: FunctionCall } {
  const signed = read(bytes);
  require(isSignatureValid(signed), "signature verification failed");
  const { delegate } = signed;
  require(delegate.maxBlockHeight > env.height, "intent expired (max_block_height <= current block)");
  require(!state.isNonceUsed(
    delegate.senderId,
    delegate.nonce,
  ), "nonce already used for this sender (replay rejected)");
  const [call] = delegate.calls;
  if (!call || delegate.calls.length !== 1) panic("v0.1 gate requires exactly one action per delegate");
  return { delegate, call };
}

function read(bytes: Uint8Array): ReturnType<typeof readSignedDelegate> {
  try {
    return readSignedDelegate(bytes);
  } catch (error) {
    if (error instanceof BorshError) panic(`invalid SignedDelegateAction: ${error.message}`);
    throw error;
  }
}

/** Everything that dispatching needs: a resume removes the pending entry before the callback runs. */
function callbackArguments(id: bigint, receiver: string, call: FunctionCall): Uint8Array {
  return jsonBytes({
    intent_id: id.toString(),
    receiver,
    method: call.methodName,
    args: encodeBase64(call.args),
    deposit: call.deposit.toString(),
    gas: call.gas.toString(),
  });
}
