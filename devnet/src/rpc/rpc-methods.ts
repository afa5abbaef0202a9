import { block } from "./methods/block.ts";
import { changes } from "./methods/changes.ts";
import { chunk } from "./methods/chunk.ts";
import { gasPrice } from "./methods/gas-price.ts";
import { query } from "./methods/query.ts";
import { receipt } from "./methods/receipt.ts";
import { broadcastTxAsync, broadcastTxCommit, sendTx } from "./methods/send-tx.ts";
import { status } from "./methods/status.ts";
import { tx, txStatusWithReceipts } from "./methods/tx.ts";
import type { RpcMethod } from "./rpc-call.ts";
import { genesisShape } from "./shapes/genesis-shape.ts";
import { protocolShape } from "./shapes/protocol-shape.ts";

const genesisConfig: RpcMethod = (call) => genesisShape(call.view().chain);

/** All methods, by name. */
export const rpcMethods: Readonly<Record<string, RpcMethod>> = {
  block,
  broadcast_tx_async: broadcastTxAsync,
  broadcast_tx_commit: broadcastTxCommit,
  chunk,
  gas_price: gasPrice,
  genesis_config: genesisConfig,
  health: () => null,
  query,
  send_tx: sendTx,
  status,
  tx,
  EXPERIMENTAL_changes: changes,
  EXPERIMENTAL_genesis_config: genesisConfig,
  EXPERIMENTAL_protocol_config: (call) => protocolShape(call.view().chain),
  EXPERIMENTAL_receipt: receipt,
  EXPERIMENTAL_tx_status: txStatusWithReceipts,
};
