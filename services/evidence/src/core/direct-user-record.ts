import type { JsonObject } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { Event } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { DirectUserCall } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { type Endpoint, scopeJson } from "@outlayer/workflow";

export const directUserEndpoint: Endpoint = "direct_user_function_call";

export type DirectUserEvent = Extract<
  Event["kind"],
  { case: "directUserCallPrepared" | "directUserCallResolved" | "directUserCallMeasured" }
>;

/** Evidence of a call before anything was signed. */
const noEvidence = {
  public_key: null,
  key_label: null,
  tx_hash: null,
  count_before: null,
  count_after: null,
  block_height: null,
  receipt_id: null,
  ambiguous: false,
} satisfies JsonObject;

/** @param call undefined where the request was rejected */
export function beginDirectUser(record: Record, call: DirectUserCall | undefined): void {
  record.proxyPredecessor = false;
  record.predecessorModel = "user";
  record.orderingModel = "single_tx_atomic";
  record.directUserScope = call === undefined ? {} : scopeJson(call.scope);
  record.directUserEvidence = noEvidence;
}

/** Applies an event to the fields that only this lane has. */
export function applyDirectUserEvent(record: Record, event: DirectUserEvent): void {
  const known = (fields: JsonObject) => {
    record.directUserEvidence = { ...record.directUserEvidence, ...fields };
  };
  switch (event.case) {
    case "directUserCallPrepared": {
      const { transaction, keyLabel, countBefore } = event.value;
      record.status = "submitting";
      delete record.queue;
      record.directSignedTransactions.push(base64Encode(transaction?.signedTransaction ?? new Uint8Array()));
      known({
        public_key: transaction?.publicKey ?? null,
        key_label: keyLabel,
        tx_hash: transaction?.hash ?? null,
        count_before: Number(countBefore),
      });
      return;
    }
    case "directUserCallResolved": {
      const { blockHeight, receiptId, gasBurntYocto } = event.value;
      record.status = "dispatching";
      if (record.fees !== undefined) record.fees.gasBurntYocto = gasBurntYocto;
      known({ block_height: Number(blockHeight), receipt_id: receiptId === "" ? null : receiptId });
      return;
    }
    case "directUserCallMeasured": {
      const { countAfter, ambiguous } = event.value;
      known({ count_after: countAfter === undefined ? null : Number(countAfter), ambiguous });
      return;
    }
    default:
      event satisfies never;
  }
}

/** Shown to a user who cancels a call that may have landed. */
export const callAlreadySent =
  "the call was already sent, and a call of a user's key cannot be cancelled once it is sent; it is followed to its end";

/** Whether a transaction of the call may land or has landed. */
export function isCallSent({ endpoint, directUserEvidence }: Record): boolean {
  return endpoint === directUserEndpoint && typeof directUserEvidence?.tx_hash === "string";
}

/** Nobody can tell whether the call was made, and so whether it was counted. */
export function doubtDirectUserCall(record: Record): void {
  record.directUserEvidence = { ...record.directUserEvidence, ambiguous: true };
}

/** Removes a transaction that never ran and never will from the evidence; the log still has its signature. */
export function forgetDirectUserCall(record: Record): void {
  record.status = "signing";
  record.directUserEvidence = { ...record.directUserEvidence, tx_hash: null, count_before: null };
}
