import type { Receipt } from "../../chain/types.ts";
import { encodeBase64 } from "../../crypto/base64.ts";
import { actionShape } from "./action-shape.ts";

/** nearcore's `ReceiptView`. */
export function receiptShape(receipt: Receipt): unknown {
  return {
    predecessor_id: receipt.predecessor,
    receiver_id: receipt.receiver,
    receipt_id: receipt.id,
    receipt: receipt.kind === "action" ? { Action: actionBody(receipt) } : { Data: dataBody(receipt) },
    priority: 0,
  };
}

function actionBody(receipt: Extract<Receipt, { kind: "action" }>): unknown {
  return {
    signer_id: receipt.signer,
    signer_public_key: receipt.signerPublicKey,
    gas_price: `${receipt.gasPrice}`,
    output_data_receivers: receipt.outputs.map(({ dataId, receiver }) => ({ data_id: dataId, receiver_id: receiver })),
    input_data_ids: receipt.inputDataIds,
    actions: receipt.actions.map(actionShape),
    is_promise_yield: receipt.isYield,
  };
}

function dataBody({ dataId, data, isResume }: Extract<Receipt, { kind: "data" }>): unknown {
  return { data_id: dataId, data: data === null ? null : encodeBase64(data), is_promise_resume: isResume };
}
