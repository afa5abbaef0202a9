import type { Devnet } from "@outlayer/devnet";

/** A receipt of the devnet's dump, as far as the tests look into it. */
export interface DumpedReceipt {
  readonly height: bigint | null;
  readonly receipt: { readonly receiver_id: string; readonly predecessor_id: string } | null;
  readonly outcome: {
    readonly outcome: { readonly logs: readonly string[]; readonly status: unknown; readonly executor_id: string };
  } | null;
}

export interface DumpedTransaction {
  readonly height: bigint;
  readonly transaction: {
    readonly hash: string;
    readonly signer_id: string;
    readonly public_key: string;
    readonly receiver_id: string;
    readonly nonce: bigint | number;
    readonly actions: readonly { readonly FunctionCall?: { readonly method_name: string; readonly args: string } }[];
  };
  readonly receipts: readonly DumpedReceipt[];
}

export function transactions(devnet: Devnet): readonly DumpedTransaction[] {
  return devnet.controls.dump().transactions as readonly DumpedTransaction[];
}

/** Transactions that call a method of the gate. */
export function gateCalls(devnet: Devnet, method: string): readonly DumpedTransaction[] {
  return transactions(devnet).filter(
    ({ transaction }) =>
      transaction.receiver_id === devnet.gateId &&
      transaction.actions.some((action) => action.FunctionCall?.method_name === method),
  );
}

export interface TraceEvent {
  readonly ev: string;
  readonly id: number;
  readonly height: number;
}

/** A gate's trace events and their heights, in the order of the heights. */
export function gateTrace(devnet: Devnet, gateId = devnet.gateId): readonly TraceEvent[] {
  return transactions(devnet)
    .flatMap(({ receipts }) => receipts)
    .filter(({ outcome }) => outcome?.outcome.executor_id === gateId)
    .flatMap(({ height, outcome }) =>
      (outcome?.outcome.logs ?? []).flatMap((log) => {
        if (!log.startsWith("trace:")) return [];
        const event = JSON.parse(log.slice("trace:".length));
        return [{ ev: event.ev, id: event.id ?? event.first_id ?? event.next_id, height: Number(height) }];
      }),
    )
    .sort((a, b) => a.height - b.height);
}

/** Calls a view at the final block. */
export async function view(devnet: Devnet, contractId: string, method: string, args: object = {}): Promise<unknown> {
  const params = {
    request_type: "call_function",
    finality: "final",
    account_id: contractId,
    method_name: method,
    args_base64: Buffer.from(JSON.stringify(args)).toString("base64"),
  };
  const response = await fetch(devnet.rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "query", params }),
  });
  const { result } = (await response.json()) as { result: { result: number[] } };
  return JSON.parse(Buffer.from(result.result).toString());
}
