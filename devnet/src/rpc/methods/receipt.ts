import { namedParams, textParam } from "../params.ts";
import type { RpcCall } from "../rpc-call.ts";
import { handlerError } from "../rpc-error.ts";
import { receiptShape } from "../shapes/receipt-shape.ts";

/** `EXPERIMENTAL_receipt`: a receipt by its id, run or not. */
export function receipt(call: RpcCall, params: unknown): unknown {
  const id = textParam(namedParams(params, "receipt_id"), "receipt_id");
  const found = call.view().state().receipt(id);
  if (found !== undefined) return receiptShape(found);
  throw handlerError(
    "UNKNOWN_RECEIPT",
    { receipt_id: id },
    `Receipt with id ${id} has never been observed on this node`,
  );
}
