/** Builds answers of `EXPERIMENTAL_tx_status` for a submit transaction, receipt by receipt. */
export interface ReceiptSpec {
  readonly id: string;
  readonly executor?: string;
  readonly predecessor?: string;
  readonly method?: string;
  readonly args?: object;
  readonly status?: unknown;
  readonly logs?: readonly string[];
  readonly children?: readonly string[];
  readonly block?: string;
  /** Made, and not run yet. */
  readonly waits?: boolean;
}

const gate = "gate.near";
export const value = { SuccessValue: "" };
export const panics = (text: string) => ({
  Failure: { ActionError: { index: 0, kind: { FunctionCallError: { ExecutionError: text } } } },
});
export const trace = (event: object) => `trace:${JSON.stringify(event)}`;
export const submitted = trace({
  ev: "intent_submitted",
  id: 5,
  sender: "s",
  receiver: "t.near",
  method: "m",
  nonce: 1,
});
export const dispatched = trace({ ev: "intent_dispatched", id: 5, receiver: "t.near", method: "m", seq: 0 });

export function transactionStatus(
  receipts: readonly ReceiptSpec[],
  converted: unknown = { SuccessReceiptId: "r0" },
): unknown {
  const callOf = (method: string, args: object = {}) => ({
    FunctionCall: { method_name: method, args: Buffer.from(JSON.stringify(args)).toString("base64") },
  });
  return {
    final_execution_status: "NONE",
    status: "Started",
    transaction_outcome: {
      id: "tx",
      block_hash: "b0",
      outcome: {
        executor_id: "relayer.near",
        receipt_ids: ["r0"],
        status: converted,
        logs: [],
        gas_burnt: 1,
        tokens_burnt: "10",
      },
    },
    receipts_outcome: receipts
      .filter(({ waits }) => !waits)
      .map(({ id, executor = gate, status = value, logs = [], children = [], block = `b-${id}` }) => ({
        id,
        block_hash: block,
        outcome: { executor_id: executor, receipt_ids: children, status, logs, gas_burnt: 1, tokens_burnt: "7" },
      })),
    receipts: receipts.map(({ id, executor = gate, predecessor = gate, method, args }) => ({
      receipt_id: id,
      predecessor_id: predecessor,
      receiver_id: executor,
      receipt: {
        Action: {
          actions: method === undefined ? [{ Transfer: { deposit: "1" } }] : [callOf(method, args)],
        },
      },
    })),
  };
}
