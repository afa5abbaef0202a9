import { readTransaction } from "../chain/transaction.ts";
import type { Transaction } from "../chain/types.ts";
import { Base64Error } from "../crypto/base64.ts";
import { BorshError } from "../crypto/borsh/reader.ts";
import { badParams, type Params, textParam } from "./params.ts";

/** The transaction in `signed_tx_base64`. @throws RpcError `PARSE_ERROR` */
export function readTransactionParam(params: Params): Transaction {
  try {
    return readTransaction(textParam(params, "signed_tx_base64"));
  } catch (error) {
    if (error instanceof Base64Error || error instanceof BorshError) {
      return badParams(`Failed to decode transaction: ${error.message}`);
    }
    throw error;
  }
}
