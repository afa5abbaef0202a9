import { create } from "@bufbuild/protobuf";
import { type GateCall, GateCallSchema, type Intents } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { minGasPrice } from "@outlayer/near";
import type { OpenedInit } from "./opening.ts";

/** What calls through the gate cost the operator. */
export interface OperatorCosts {
  /** Gas units that the operator's transactions and the gate burn for any call. */
  readonly ownGas: bigint;
  /** Gas units that the gate reserves for whatever it calls. */
  readonly callbackGas: bigint;
  /** The gate's fee for a call that is resumed, or rejected, by itself. */
  readonly feeYocto: bigint;
}

/** Bytes up to which handling a call's arguments is among the own costs. */
const shortBytes = 4_096;

/**
 * The most that the operator is expected to pay for calls, yoctoNEAR: what they count with until it is known what they have cost
 * (rule: quota-is-per-wallet).
 */
export function operatorBound(calls: NonNullable<OpenedInit["calls"]>, costs: OperatorCosts): bigint {
  return calls.reduce((sum, init) => {
    const gas = costs.ownGas + gasOfOthers(create(GateCallSchema, init), costs);
    return sum + gas * minGasPrice + costs.feeYocto;
  }, 0n);
}

/** Gas units that whoever is called may burn: a contract of the wallet's choice burns all that it is given, if it likes. */
function gasOfOthers({ gas, payload }: GateCall, { callbackGas }: OperatorCosts): bigint {
  switch (payload.case) {
    case "intents":
      if (isSmallTransfer(payload.value)) return 0n;
      return bytesOf(payload.value) > shortBytes ? callbackGas : BigInt(gas);
    case "args":
      return payload.value.length > shortBytes ? callbackGas : BigInt(gas);
    case undefined:
      throw new RangeError("a call carries arguments or intents");
  }
}

/** One for which the verifier calls nobody: a short one, of one token, without a message. */
function isSmallTransfer(given: Intents): boolean {
  if (given.counterpartySignedJson.length > 0 || bytesOf(given) > shortBytes) return false;
  const [intent, ...others]: readonly { intent: unknown; msg?: unknown; tokens?: object }[] = JSON.parse(
    given.intentsJson,
  );
  const isTransfer = intent?.intent === "transfer" && intent.msg == null;
  return isTransfer && others.length === 0 && Object.keys(intent.tokens ?? {}).length === 1;
}

/** UTF-8, of all the texts. */
function bytesOf({ intentsJson, counterpartySignedJson }: Intents): number {
  const encoder = new TextEncoder();
  return [intentsJson, ...counterpartySignedJson].reduce((sum, text) => sum + encoder.encode(text).length, 0);
}
