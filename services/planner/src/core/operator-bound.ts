import { create } from "@bufbuild/protobuf";
import { type GateCall, GateCallSchema, type Intents } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { minGasPrice } from "@outlayer/near";
import type { OpenedInit } from "./opening.ts";

/** The operator's costs of calls through the gate. */
export interface OperatorCosts {
  /** Gas units that the operator's transactions and the gate burn for any call. */
  readonly ownGas: bigint;
  /** Gas units that the gate reserves for its callback, with everything that it calls. */
  readonly callbackGas: bigint;
  /** The gate's fee for a call that is resumed, or rejected, by itself. */
  readonly feeYocto: bigint;
}

/** Arguments up to this many bytes are included in the operator's own gas. */
const shortBytes = 4_096;

/**
 * The most that the operator is expected to pay for calls, in yoctoNEAR. It counts against the wallet's quota until the actual cost
 * is known (rule: quota-is-per-wallet).
 */
export function operatorBound(calls: NonNullable<OpenedInit["calls"]>, costs: OperatorCosts): bigint {
  return calls.reduce((sum, init) => {
    const gas = costs.ownGas + gasOfOthers(create(GateCallSchema, init), costs);
    return sum + gas * minGasPrice + costs.feeYocto;
  }, 0n);
}

/** Gas units that called contracts may burn: a contract of the wallet's choice can burn all that is attached. */
function gasOfOthers({ gas, payload }: GateCall, { callbackGas }: OperatorCosts): bigint {
  switch (payload.case) {
    case "intents":
      if (isSmallTransfer(payload.value)) return 0n;
      return bytesOf(payload.value) > shortBytes ? callbackGas : BigInt(gas);
    case "args":
      return payload.value.length > shortBytes ? callbackGas : BigInt(gas);
    case "own": {
      const bytes = payload.value.payloads.reduce((sum, one) => sum + lengthOf(one.payloadJson), 0);
      return bytes > shortBytes ? callbackGas : BigInt(gas);
    }
    case undefined:
      throw new RangeError("a call carries arguments or intents");
  }
}

/** Whether the verifier calls no contract for the intents: a short transfer of one token, without a message. */
function isSmallTransfer(given: Intents): boolean {
  if (given.counterpartySignedJson.length > 0 || bytesOf(given) > shortBytes) return false;
  const [intent, ...others]: readonly { intent: unknown; msg?: unknown; tokens?: object }[] = JSON.parse(
    given.intentsJson,
  );
  const isTransfer = intent?.intent === "transfer" && intent.msg == null;
  return isTransfer && others.length === 0 && Object.keys(intent.tokens ?? {}).length === 1;
}

/** UTF-8 bytes of all texts. */
function bytesOf({ intentsJson, counterpartySignedJson }: Intents): number {
  return [intentsJson, ...counterpartySignedJson].reduce((sum, text) => sum + lengthOf(text), 0);
}

/** In bytes of UTF-8. */
const lengthOf = (text: string) => new TextEncoder().encode(text).length;
