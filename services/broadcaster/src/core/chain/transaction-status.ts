import { cutError } from "./cut-text.ts";
import { field, integer, type Json, list, object, string, strings } from "./json.ts";

/** A node's answer about a transaction: its own outcome and those of its receipts that have run. */
export interface TransactionStatus {
  /** The transaction's outcome: its conversion into a receipt. */
  readonly transaction: Outcome;
  /** Outcomes of receipts, by receipt id. */
  readonly receipts: ReadonlyMap<string, Outcome>;
  /** Function calls in the receipts, by receipt id; without those that the node did not list. */
  readonly calls: ReadonlyMap<string, ReceiptCall>;
}

export interface Outcome {
  readonly id: string;
  /** Base58 hash of the block in which it ran. */
  readonly blockHash: string;
  readonly executorId: string;
  readonly status: OutcomeStatus;
  /** One entry is one event: never split it. */
  readonly logs: readonly string[];
  readonly receiptIds: readonly string[];
  /** yoctoNEAR. */
  readonly tokensBurnt: bigint;
}

export type OutcomeStatus =
  | { readonly kind: "unknown" }
  | { readonly kind: "value" }
  /** The result is that of another receipt. */
  | { readonly kind: "receipt"; readonly id: string }
  /** `text` is the contract's or the runtime's own, for the user to read. */
  | { readonly kind: "failure"; readonly text: string };

export interface ReceiptCall {
  readonly predecessorId: string;
  readonly receiverId: string;
  /** Method of the first function call. */
  readonly methodName: string | undefined;
  /** Its arguments, base64; empty where there are none. */
  readonly argsBase64: string;
}

/**
 * Reads an answer of `EXPERIMENTAL_tx_status` or `tx`. A transaction that is included and has no outcome yet counts as one whose
 * outcome is unknown. Undefined where the answer does not say that the transaction has landed.
 */
export function readTransactionStatus(answer: Json): TransactionStatus | undefined {
  if (!hasLanded(answer)) return undefined;
  const transaction = readOutcome(field(answer, "transaction_outcome")) ?? unread;
  const receipts = new Map<string, Outcome>();
  for (const item of list(field(answer, "receipts_outcome"))) {
    const outcome = readOutcome(item);
    if (outcome !== undefined) receipts.set(outcome.id, outcome);
  }
  const calls = new Map<string, ReceiptCall>();
  for (const item of list(field(answer, "receipts"))) {
    const id = string(field(item, "receipt_id"));
    const predecessorId = string(field(item, "predecessor_id"));
    const receiverId = string(field(item, "receiver_id"));
    if (id === undefined || predecessorId === undefined || receiverId === undefined) continue;
    const actions = list(field(item, "receipt", "Action", "actions"));
    const call = actions.map((action) => field(action, "FunctionCall")).find(Boolean);
    const methodName = string(field(call, "method_name"));
    calls.set(id, { predecessorId, receiverId, methodName, argsBase64: string(field(call, "args")) ?? "" });
  }
  return { transaction, receipts, calls };
}

/** Whether such an answer says that the transaction has landed. */
function hasLanded(answer: Json): boolean {
  if (voidInclusion(answer) !== undefined) return false;
  const reached = string(field(answer, "final_execution_status"));
  const isIncluded = reached !== undefined && reached !== "NONE";
  return isIncluded || readOutcome(field(answer, "transaction_outcome")) !== undefined;
}

/** Whether such an answer says anything of the transaction. */
export function saysAnything(answer: Json): boolean {
  return voidInclusion(answer) !== undefined || hasLanded(answer);
}

/** Outcome of a transaction of which only the inclusion is known. */
const unread: Outcome = {
  id: "",
  blockHash: "",
  executorId: "",
  status: { kind: "unknown" },
  logs: [],
  receiptIds: [],
  tokensBurnt: 0n,
};

/**
 * Hash of the block that holds a transaction which was invalid there. It had no effect, its nonce is unused, and the same bytes
 * can still land (rule: invalid-is-not-final). Undefined for any other answer.
 */
export function voidInclusion(answer: Json): string | undefined {
  const outcome = field(answer, "transaction_outcome");
  const isInvalid = field(outcome, "outcome", "status", "Failure", "InvalidTxError") !== undefined;
  return isInvalid ? string(field(outcome, "block_hash")) : undefined;
}

/** Gas burnt so far by the transaction and its receipts, yoctoNEAR. */
export function tokensBurnt(status: TransactionStatus): bigint {
  let sum = status.transaction.tokensBurnt;
  for (const outcome of status.receipts.values()) sum += outcome.tokensBurnt;
  return sum;
}

/** Whether everything that burns gas has run, as far as this answer shows. Refunds are the system's own and burn none. */
export function isComplete({ transaction, receipts, calls }: TransactionStatus): boolean {
  return [transaction, ...receipts.values()].every(
    ({ status, receiptIds }) =>
      status.kind !== "unknown" &&
      receiptIds.every((id) => receipts.has(id) || calls.get(id)?.predecessorId === "system"),
  );
}

function readOutcome(item: Json): Outcome | undefined {
  const id = string(field(item, "id"));
  const blockHash = string(field(item, "block_hash"));
  const outcome = object(field(item, "outcome"));
  if (id === undefined || blockHash === undefined || outcome === undefined) return undefined;
  return {
    id,
    blockHash,
    executorId: string(outcome.executor_id) ?? "",
    status: readStatus(outcome.status),
    logs: strings(outcome.logs),
    receiptIds: strings(outcome.receipt_ids),
    tokensBurnt: integer(outcome.tokens_burnt) ?? 0n,
  };
}

function readStatus(status: Json): OutcomeStatus {
  const known = object(status);
  if (known === undefined) return { kind: "unknown" };
  if (typeof known.SuccessValue === "string") return { kind: "value" };
  if (typeof known.SuccessReceiptId === "string") return { kind: "receipt", id: known.SuccessReceiptId };
  if ("Failure" in known) return { kind: "failure", text: failureText(known.Failure) };
  return { kind: "unknown" };
}

/**
 * The text inside a `Failure`: the contract's own text if there is one, cut to length; otherwise the names of the nested errors,
 * outermost first.
 */
export function failureText(failure: Json): string {
  const execution = field(failure, "ActionError", "kind", "FunctionCallError", "ExecutionError");
  if (typeof execution === "string") return cutError(execution);
  const kind = field(failure, "ActionError", "kind") ?? field(failure, "InvalidTxError") ?? failure;
  return cutError(describe(kind));
}

/** Greatest nesting of errors that is read; real ones have a few levels. */
const deepestError = 16;

function describe(error: Json, level = 0): string {
  if (typeof error === "string") return error;
  const entries = Object.entries(object(error) ?? {});
  const [first] = entries;
  if (first === undefined || level > deepestError) return "unknown failure";
  const [name, inner] = first;
  if (entries.length > 1 || typeof inner === "number") return written(error);
  return inner === null ? name : `${name}: ${describe(inner, level + 1)}`;
}

/** JSON text; empty for an error nested too deep to be serialized. */
function written(error: Json): string {
  try {
    return JSON.stringify(error);
  } catch {
    return "unknown failure";
  }
}
