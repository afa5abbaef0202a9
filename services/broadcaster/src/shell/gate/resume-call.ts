import { resumeGasFor } from "../../core/gate/money.ts";
import type { Block } from "../../core/ports/near-node.ts";
import type { CallToSign } from "../chain/signing-key.ts";

export interface ResumeWanted {
  readonly requestId: string;
  readonly mode: "chain" | "single" | "reject";
  readonly intentIds: readonly string[];
  readonly feeYocto: bigint;
  /** The block in which the ids were seen: the resume is valid on no fork without it. */
  readonly block: Pick<Block, "hash" | "height">;
  /** Whether there is still time for the resume. Asked once the key is free: it may have been in use for long. */
  readonly isDue: () => boolean;
}

/** The call of the gate that starts a chain, or dispatches or rejects one intent. */
export function resumeCall(
  { mode, intentIds, feeYocto }: Pick<ResumeWanted, "mode" | "intentIds" | "feeYocto">,
  gateId: string,
  resumeGas: bigint,
): CallToSign {
  const call = { receiverId: gateId, gas: resumeGasFor(intentIds.length, resumeGas), deposit: feeYocto };
  return mode === "chain"
    ? { ...call, methodName: "resume_batch_chained", args: { intent_ids: intentIds } }
    : { ...call, methodName: "resume_intent", args: { intent_id: intentIds[0], approve: mode === "single" } };
}

/** A call without arguments, which the gate refuses: only the nonce counts. @param methodName one that the key may call */
export function burnCall(methodName: "submit_intent" | "resume_batch_chained", gateId: string): CallToSign {
  return { receiverId: gateId, methodName, args: {}, gas: burnGas, deposit: 0n };
}

/** Gas units: enough for the gate to refuse the call. */
export const burnGas = 10_000_000_000_000n;
