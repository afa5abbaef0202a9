import { argsOf, type ChainFacts, type Dispatched, eventsOf, type RanReceipt } from "./chain.ts";
import type { StepFacts, WorkflowFacts } from "./workflow.ts";

/** What became on the chain of the value that a dispatched step of a wallet set in motion. */
export interface Aftermath {
  /** Whether every one of its receipts kept what it did: nothing failed, and nothing came back. */
  readonly isKept: boolean;
  /** What the verifier gave back to the wallet, raw units by token. */
  readonly returned: ReadonlyMap<string, bigint>;
  /** Texts of failures after the step's own receipt, as in the dump. */
  readonly failures: readonly string[];
  /** Height at which the last of the receipts that decide ran. */
  readonly height: number;
}

const kinds = ["ft_withdraw", "nft_withdraw", "mt_withdraw", "native_withdraw", "storage_deposit", "auth_call"];

/**
 * Read from the receipts that descend from the step's own, by the verifier's events in its callbacks to itself. What others' payloads
 * in the same call set off does not count: it is told apart by the accounts in the callbacks' arguments.
 */
function aftermathOf(
  chain: ChainFacts,
  { accountId, verifierId }: { readonly accountId: string | undefined; readonly verifierId: string },
  step: StepFacts,
  { target, place }: Dispatched,
): Aftermath {
  const nothing = { isKept: true, returned: new Map(), failures: [], height: target?.height ?? 0 };
  const receipts = chain.submitted.get(place)?.transaction.receipts ?? [];
  if (target?.executorId !== verifierId || accountId === undefined) return nothing;
  const isRevocable = step.intents.some(({ intent, msg }) => kinds.includes(intent) || typeof msg === "string");
  if (!isRevocable) return nothing;
  const made = receipts.filter(({ parent, predecessorId }) => parent === target.id && predecessorId === verifierId);
  const returned = new Map<string, bigint>();
  const failures: string[] = [];
  let { height } = target;
  for (const [index, receipt] of made.entries()) {
    if (!isOwn(receipt, accountId, step)) continue;
    const isCallback = receipt.executorId === verifierId;
    const before = isCallback ? made[index - 1] : undefined;
    const ran = [receipt, ...(before === undefined ? [] : [before])].flatMap((one) => chainOf(one, receipts));
    height = Math.max(height, ...ran.map((one) => one.height));
    const back = receipt.status.kind === "failure" ? [] : creditsTo(accountId, receipt);
    for (const [token, amount] of back) returned.set(token, (returned.get(token) ?? 0n) + amount);
    for (const { status } of ran) if (status.kind === "failure") failures.push(status.text);
  }
  return { isKept: failures.length === 0 && returned.size === 0, returned, failures, height };
}

/** The receipt, and those whose results stand in for its own. */
function chainOf(first: RanReceipt, receipts: readonly RanReceipt[]): readonly RanReceipt[] {
  if (first.status.kind !== "receipt") return [first];
  const { id } = first.status;
  const next = receipts.find((one) => one.id === id);
  return next === undefined ? [first] : [first, ...chainOf(next, receipts)];
}

function isOwn(receipt: RanReceipt, accountId: string, step: StepFacts): boolean {
  const args = argsOf(receipt);
  const named = [args.sender_id, args.signer_id, args.previous_owner_ids?.[0]].filter((id) => id !== undefined);
  if (receipt.method === "ft_on_transfer" || receipt.method === "mt_on_transfer") return false;
  if (named.length > 0) return named.includes(accountId);
  const paid = args.withdraw ?? args.storage_deposit;
  return paid !== undefined && step.intents.some((one) => one.amount === paid.amount && kinds.includes(one.intent));
}

function creditsTo(accountId: string, receipt: RanReceipt): [string, bigint][] {
  return eventsOf(receipt)
    .filter(({ standard, event }) => standard === "nep245" && (event === "mt_mint" || event === "mt_transfer"))
    .flatMap(({ data }) => data)
    .filter(({ owner_id, new_owner_id }) => (owner_id ?? new_owner_id) === accountId)
    .flatMap(({ token_ids, amounts }) => token_ids.map((id: string, at: number) => [id, BigInt(amounts[at])]));
}

/** The dispatches of a step whose own receipt succeeded, with what became of them. */
export function aftermathsOf(
  chain: ChainFacts,
  { accountId }: WorkflowFacts,
  verifierId: string,
  step: StepFacts,
): (Aftermath & { readonly dispatched: Dispatched })[] {
  return [...chain.submitted.values()]
    .filter(({ delegate }) => step.delegates.includes(delegate))
    .flatMap(({ place }) => chain.dispatched.get(place) ?? [])
    .filter(({ result }) => result.kind === "value")
    .map((dispatched) => ({ ...aftermathOf(chain, { accountId, verifierId }, step, dispatched), dispatched }));
}
