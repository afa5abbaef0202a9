import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { decodeBase64 } from "@outlayer/near";
import { intentsOf } from "./intents.ts";
import { field, type Json, parse, string } from "./json.ts";
import type { Outcome, ReceiptCall, TransactionStatus } from "./transaction-status.ts";
import { deltasIn } from "./verifier-events.ts";

/** Intents whose effect can fail, or be taken back, after their payload has been executed. */
export interface Revocable {
  readonly verifierId: string;
  /** Who signed them. */
  readonly accountId: string;
  readonly intents: readonly Json[];
}

/** What became of the promises that a verifier's receipt made for the account's revocable intents. */
export type Aftermath =
  /** Nothing can be taken back. */
  | { readonly kind: "none" }
  /** A receipt that decides has not run yet. */
  | { readonly kind: "open" }
  | {
      readonly kind: "known";
      /** Blocks that have to be final before this is evidence. */
      readonly blockHashes: readonly string[];
      /** What the verifier gave back to the account, raw units by token id. */
      readonly returned: ReadonlyMap<string, bigint>;
      /** Whether that was all that the receipt had taken from the account. */
      readonly isWhole: boolean;
      /** Why parts came back; the contracts' own texts where they gave one. */
      readonly refused: readonly string[];
      /** Errors of parts that failed without the verifier giving anything back. */
      readonly lost: readonly string[];
    };

/**
 * Follows the promises of a verifier's receipt to the ends that decide about the account's value (rule: succeeded-is-kept). All of
 * them are children of that receipt: a callback of the verifier's own that gives back (`…_resolve_withdraw`,
 * `mt_resolve_transfer`), a call of its own whose failure gives nothing back (`do_native_withdraw`, …), or `on_auth`.
 * Whose they are stands in arguments that the verifier wrote (rule: only-the-gates-own-word).
 */
export function readAftermath(status: TransactionStatus, parent: Outcome, about: Revocable | undefined): Aftermath {
  if (about === undefined || parent.executorId !== about.verifierId) return { kind: "none" };
  const blockHashes: string[] = [];
  const returned = new Map<string, bigint>();
  const refused: string[] = [];
  const lost: string[] = [];
  const logs = [...parent.logs];
  let before: string | undefined;
  for (const id of parent.receiptIds) {
    const call = status.calls.get(id);
    const input = before;
    before = id;
    if (call?.predecessorId === "system") continue;
    // Only its arguments tell whether the receipt is one that decides.
    if (call === undefined) return { kind: "open" };
    const role = roleOf(call, about);
    if (role === undefined) continue;
    const own = status.receipts.get(id);
    const end = endOf(status, id);
    const asked = role.kind === "calls" || input === undefined ? undefined : endOf(status, input);
    if (own === undefined || end === undefined) return { kind: "open" };
    // The promise ran before its callback: its outcome is missing at a node that is not on its shard.
    if (role.kind === "resolves" && input !== undefined && asked === undefined) return { kind: "open" };
    blockHashes.push(own.blockHash, end.blockHash);
    const error = failureOf(asked) ?? failureOf(end);
    if (role.kind === "resolves") {
      // Logs of a failed receipt describe reverted effects.
      const ownLogs = own.status.kind === "failure" ? [] : own.logs;
      const credits = [...deltasIn(ownLogs, about.accountId)].filter(([, amount]) => amount > 0n);
      logs.push(...ownLogs);
      for (const [token, amount] of credits) returned.set(token, (returned.get(token) ?? 0n) + amount);
      if (credits.length > 0) refused.push(error ?? "the receiver did not keep all of it");
      // Where a plain transfer went through, nothing was to be given back.
      else if (failureOf(asked) !== undefined || (failureOf(end) !== undefined && role.notifies))
        lost.push(error ?? "");
    } else if (error !== undefined) lost.push(error);
  }
  const isWhole = returned.size > 0 && [...deltasIn(logs, about.accountId).values()].every((amount) => amount >= 0n);
  return { kind: "known", blockHashes, returned, isWhole, refused, lost };
}

type Role =
  /** A callback that gives back what the promise before it did not use. */
  | { readonly kind: "resolves"; readonly notifies: boolean }
  /** A callback that pays on, once the promise before it has provided the means. */
  | { readonly kind: "pays" }
  /** A call of a stranger, the only receipt of its intent. */
  | { readonly kind: "calls" };

function roleOf(call: ReceiptCall, { verifierId, accountId, intents }: Revocable): Role | undefined {
  if (call.predecessorId !== verifierId) return undefined;
  const args = parse(textOf(call.argsBase64));
  const isOwn = (id: Json) => id === accountId;
  if (call.methodName === "on_auth") return isOwn(field(args, "signer_id")) ? { kind: "calls" } : undefined;
  if (call.receiverId !== verifierId) return undefined;
  switch (call.methodName) {
    case "ft_resolve_withdraw":
    case "nft_resolve_withdraw":
    case "mt_resolve_withdraw":
      if (!isOwn(field(args, "sender_id"))) return undefined;
      return { kind: "resolves", notifies: field(args, "is_call") === true };
    case "mt_resolve_transfer": {
      const from = field(args, "previous_owner_ids");
      return Array.isArray(from) && from.every(isOwn) ? { kind: "resolves", notifies: true } : undefined;
    }
    case "do_native_withdraw":
      return intents.some(isLike("native_withdraw", field(args, "withdraw"), ["receiver_id", "amount"]))
        ? { kind: "pays" }
        : undefined;
    case "do_storage_deposit":
      return intents.some(isLike("storage_deposit", field(args, "storage_deposit"), ["contract_id", "amount"]))
        ? { kind: "pays" }
        : undefined;
    case "do_auth_call":
      return isOwn(field(args, "signer_id")) ? { kind: "pays" } : undefined;
    default:
      return undefined;
  }
}

/** Whether an intent is of that kind and agrees in these fields: its receipts name nobody who signed it. */
function isLike(kind: string, made: Json, fields: readonly string[]): (intent: Json) => boolean {
  return (intent) =>
    field(intent, "intent") === kind &&
    fields.every((name) => String(field(intent, name)) === String(field(made, name)));
}

/** Arguments as text; empty where they are none. */
function textOf(base64: string): string {
  try {
    return new TextDecoder().decode(decodeBase64(base64));
  } catch {
    return "";
  }
}

/** The receipt whose value or failure a receipt's result is; undefined until it has run. */
function endOf({ receipts }: TransactionStatus, id: string): Outcome | undefined {
  let outcome = receipts.get(id);
  // A promise may answer with a promise. Each receipt runs once, so the loop ends.
  for (let steps = 0; outcome?.status.kind === "receipt" && steps <= receipts.size; steps += 1) {
    outcome = receipts.get(outcome.status.id);
  }
  return outcome?.status.kind === "value" || outcome?.status.kind === "failure" ? outcome : undefined;
}

function failureOf(outcome: Outcome | undefined): string | undefined {
  return outcome?.status.kind === "failure" ? outcome.status.text : undefined;
}

const revocableKinds: readonly Json[] = [
  "ft_withdraw",
  "nft_withdraw",
  "mt_withdraw",
  "native_withdraw",
  "storage_deposit",
  "auth_call",
];

/** Whether the verifier gives back what the intent moved, or its effect fails, in a later receipt. */
function isRevocable(intent: Json): boolean {
  const kind = string(field(intent, "intent"));
  return revocableKinds.includes(kind) || (kind === "transfer" && typeof field(intent, "msg") === "string");
}

/**
 * The revocable intents that the account signs in a call through the gate. Payloads that others have signed, in whatever call, are
 * their own affair (rule: others-promises-are-theirs).
 * @returns undefined where nothing of it can be taken back
 */
export function revocableOf(call: GateCall, accountId: string, verifierId: string): Revocable | undefined {
  const intents = intentsOf(call).filter(isRevocable);
  return intents.length === 0 ? undefined : { verifierId, accountId, intents };
}
