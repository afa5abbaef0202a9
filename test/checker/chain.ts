import type { Dump } from "@outlayer/devnet";

/** A receipt that has run. */
export interface RanReceipt {
  readonly id: string;
  /** The receipt, or the transaction, that made it. */
  readonly parent: string;
  readonly txHash: string;
  readonly height: number;
  readonly predecessorId: string;
  readonly executorId: string;
  readonly method: string | undefined;
  /** Base64. */
  readonly args: string | undefined;
  readonly logs: readonly string[];
  readonly status: Status;
  readonly tokensBurnt: bigint;
}

export type Status =
  | { readonly kind: "value" }
  | { readonly kind: "receipt"; readonly id: string }
  | { readonly kind: "failure"; readonly text: string }
  | { readonly kind: "none" };

export interface ChainTransaction {
  readonly hash: string;
  readonly signerId: string;
  readonly publicKey: string;
  readonly receiverId: string;
  readonly method: string | undefined;
  /** Base64. */
  readonly args: string | undefined;
  readonly height: number;
  /** Time of the block that took it in, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly receipts: readonly RanReceipt[];
  /** yoctoNEAR, of the transaction and all its receipts. */
  readonly tokensBurnt: bigint;
}

/** An intent that a gate took in. */
export interface Submitted {
  /** Unique: gates number their intents each by itself. */
  readonly place: string;
  readonly gateId: string;
  readonly intentId: string;
  readonly sender: string;
  readonly nonce: string;
  readonly transaction: ChainTransaction;
  readonly delegate: string;
}

/** A dispatch that counts, and what came of the call. */
export interface Dispatched {
  /** The intent's. */
  readonly place: string;
  readonly intentId: string;
  readonly height: number;
  readonly target: RanReceipt | undefined;
  /** Where the target answered with a promise, that promise's. */
  readonly result: Status;
}

/** A payload that the verifier executed. */
export interface ExecutedPayload {
  readonly intentHash: string;
  readonly accountId: string;
  readonly nonce: string;
  readonly receipt: RanReceipt;
}

/** The chain, as far as it concerns the gates and the verifier: read from the devnet's dump alone. */
export interface ChainFacts {
  readonly transactions: ReadonlyMap<string, ChainTransaction>;
  /** By place. */
  readonly submitted: ReadonlyMap<string, Submitted>;
  /** By the intent's place; more than one is a violation. */
  readonly dispatched: ReadonlyMap<string, readonly Dispatched[]>;
  readonly executed: readonly ExecutedPayload[];
  /** Successful `execute_intents` and what its payloads ask for, one entry a payload: signer and intents. */
  readonly payloads: readonly { readonly signerId: string; readonly intents: unknown; readonly txHash: string }[];
  /** Time of a block, milliseconds since the epoch. */
  readonly timeOf: (height: number) => number;
  /** Height of the latest block of that time or before, milliseconds since the epoch. */
  readonly heightAt: (atMs: number) => number;
}

// biome-ignore lint/suspicious/noExplicitAny: the dump has the shapes of the RPC
type Json = any;

export function readChain(dump: Dump, gateIds: readonly string[], verifierId: string): ChainFacts {
  const times = new Map((dump.blocks as Json[]).map((block) => [Number(block.height), blockTime(block)]));
  const transactions = new Map(
    (dump.transactions as Json[]).map((entry) => {
      const transaction = readTransaction(entry, times);
      return [transaction.hash, transaction] as const;
    }),
  );
  const submitted = new Map<string, Submitted>();
  const dispatched = new Map<string, Dispatched[]>();
  const executed: ExecutedPayload[] = [];
  const payloads: ChainFacts["payloads"][number][] = [];
  for (const transaction of transactions.values()) {
    for (const receipt of transaction.receipts) {
      if (receipt.status.kind === "failure" || receipt.status.kind === "none") continue;
      if (gateIds.includes(receipt.executorId)) readGateReceipt(receipt, transaction, submitted, dispatched);
      if (receipt.executorId === verifierId) {
        executed.push(...executedIn(receipt));
        if (receipt.method === "execute_intents") payloads.push(...payloadsOf(receipt));
      }
    }
  }
  const timeOf = (height: number) => times.get(height) ?? Number.POSITIVE_INFINITY;
  const heightAt = (atMs: number) => Math.max(0, ...[...times].flatMap(([height, ms]) => (ms <= atMs ? [height] : [])));
  return { transactions, submitted, dispatched, executed, payloads, timeOf, heightAt };
}

function readGateReceipt(
  receipt: RanReceipt,
  transaction: ChainTransaction,
  submitted: Map<string, Submitted>,
  dispatched: Map<string, Dispatched[]>,
): void {
  for (const event of traceOf(receipt)) {
    const gateId = receipt.executorId;
    const intentId = String(event.id);
    const place = `${gateId} ${intentId}`;
    if (event.ev === "intent_submitted") {
      const delegate = argsOf(transaction).signed_delegate ?? "";
      const { sender, nonce } = event;
      submitted.set(place, { place, gateId, intentId, sender, nonce: String(nonce), transaction, delegate });
    }
    if (event.ev !== "intent_dispatched") continue;
    const target = transaction.receipts.find(
      ({ parent, predecessorId, method }) =>
        parent === receipt.id && predecessorId === receipt.executorId && method === event.method,
    );
    const known = dispatched.get(place) ?? [];
    dispatched.set(place, [
      ...known,
      { place, intentId, height: receipt.height, target, result: resultOf(target, transaction) },
    ]);
  }
}

/** The gate's trace events of a receipt, numbers of 64 bits as text. */
export function traceOf({ logs }: RanReceipt): Json[] {
  return logs.flatMap((log) => {
    if (!log.startsWith("trace:")) return [];
    const text = log.slice("trace:".length).replace(/"(id|nonce|first_id|next_id)":(\d+)/g, '"$1":"$2"');
    return [JSON.parse(text)];
  });
}

/** Arguments of a call, as JSON; an empty object where they are none. */
export function argsOf({ args }: { readonly args: string | undefined }): Json {
  try {
    return JSON.parse(Buffer.from(args ?? "", "base64").toString());
  } catch {
    return {};
  }
}

/** Events of a standard in the logs. */
export function eventsOf({ logs }: Pick<RanReceipt, "logs">): Json[] {
  return logs.flatMap((log) => (log.startsWith("EVENT_JSON:") ? [JSON.parse(log.slice("EVENT_JSON:".length))] : []));
}

function executedIn(receipt: RanReceipt): ExecutedPayload[] {
  return eventsOf(receipt)
    .filter(({ standard, event }) => standard === "dip4" && event === "intents_executed")
    .flatMap(({ data }) => data)
    .map(({ intent_hash, account_id, nonce }) => ({
      intentHash: intent_hash,
      accountId: account_id,
      nonce,
      receipt,
    }));
}

function payloadsOf(receipt: RanReceipt): ChainFacts["payloads"][number][] {
  return (argsOf(receipt).signed ?? []).map((signed: Json) => {
    const { signer_id: signerId, intents } = JSON.parse(signedText(signed));
    return { signerId, intents, txHash: receipt.txHash };
  });
}

/** The text that somebody signed, wherever its standard has it. */
export function signedText({ payload }: Json): string {
  return typeof payload === "string" ? payload : (payload.message ?? payload.text);
}

/** What a receipt answered; where that was a promise, that promise's answer. */
export function resultOf(target: RanReceipt | undefined, transaction: ChainTransaction): Status {
  let receipt = target;
  while (receipt?.status.kind === "receipt") {
    const { id } = receipt.status;
    receipt = transaction.receipts.find((candidate) => candidate.id === id);
  }
  return receipt?.status ?? { kind: "none" };
}

function readTransaction(entry: Json, times: ReadonlyMap<number, number>): ChainTransaction {
  const { transaction, receipts, outcome } = entry;
  const height = Number(entry.height);
  const ran = (receipts as Json[]).flatMap((one) => readReceipt(one, transaction.hash));
  return {
    hash: transaction.hash,
    signerId: transaction.signer_id,
    publicKey: transaction.public_key,
    receiverId: transaction.receiver_id,
    ...callOf(transaction.actions),
    height,
    timeMs: times.get(height) ?? 0,
    receipts: ran,
    tokensBurnt: ran.reduce((sum, one) => sum + one.tokensBurnt, BigInt(outcome?.outcome.tokens_burnt ?? 0)),
  };
}

function readReceipt({ parent, receipt, height, outcome }: Json, txHash: string): RanReceipt[] {
  if (outcome === null || height === null) return [];
  const { logs, status, executor_id, tokens_burnt } = outcome.outcome;
  return [
    {
      id: outcome.id,
      parent,
      txHash,
      height: Number(height),
      predecessorId: receipt?.predecessor_id ?? "",
      executorId: executor_id,
      ...callOf(receipt?.receipt?.Action?.actions ?? []),
      logs,
      status: readStatus(status),
      tokensBurnt: BigInt(tokens_burnt),
    },
  ];
}

function callOf(actions: Json[]): { method: string | undefined; args: string | undefined } {
  const call = actions.find((action) => action.FunctionCall !== undefined)?.FunctionCall;
  return { method: call?.method_name, args: call?.args };
}

function readStatus(status: Json): Status {
  if (typeof status === "object" && status !== null) {
    if ("SuccessValue" in status) return { kind: "value" };
    if ("SuccessReceiptId" in status) return { kind: "receipt", id: status.SuccessReceiptId };
    if ("Failure" in status) return { kind: "failure", text: JSON.stringify(status.Failure, plain) };
  }
  return { kind: "none" };
}

function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function blockTime({ timestamp_nanosec }: Json): number {
  return Number(BigInt(timestamp_nanosec) / 1_000_000n);
}
