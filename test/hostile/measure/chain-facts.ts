import type { Devnet } from "@outlayer/devnet";
import { viewNow } from "../../../devnet/src/control/contract-hand.ts";
import { argsOf, readChain } from "../../checker/chain.ts";
import { serviceWalletId } from "../../support/own-wallets.ts";
import type { Json } from "../attack-world.ts";
import { thiefKey } from "../attacks/power.ts";
import { counterparty } from "../attacks/swap.ts";
import { gateCredit, hostileContract } from "../contracts.ts";
import type { Honest } from "../honest-load.ts";
import {
  dailyLimit,
  type HostileWallet,
  honestWallets,
  hostileWallets,
  limitedWallets,
  loot,
  near,
  usdc,
  wrap,
} from "../tenants.ts";

/** What each wallet begins with. */
const begunWith = 100n * near;

/** What the chain says that no policy allows. @param honest all workflows of honest wallets @returns a sentence each */
export function bypassesOn(devnet: Devnet, honest: readonly Honest[]): readonly string[] {
  const { verifier, wallets } = devnet.controls;
  const accountOf = (walletId: string) => wallets.get(walletId).accountId;
  const held = (walletId: string) => verifier.balanceOf(accountOf(walletId), wrap);
  const ask = (contract: string, method: string, args: unknown = {}) => viewNow(devnet.chain, contract, method, args);
  const found: string[] = [];
  for (const walletId of limitedWallets) {
    const account_id = accountOf(walletId);
    const moved = begunWith - held(walletId);
    if (moved > dailyLimit) found.push(`${walletId} moved ${moved} wNEAR of ${dailyLimit} a day`);
    if (ask(devnet.verifierId, "has_public_key", { account_id, public_key: thiefKey.publicKey }))
      found.push(`${walletId} has the thief's key`);
    if (!ask(devnet.verifierId, "is_auth_by_predecessor_id_enabled", { account_id }))
      found.push(`${walletId} has another way to authenticate than its policy knows`);
  }
  const unapproved: readonly HostileWallet[] = ["hostile-approval", "hostile-zero-approvals"];
  for (const walletId of unapproved) {
    if (held(walletId) !== begunWith) found.push(`${walletId} moved ${begunWith - held(walletId)} without approvals`);
  }
  for (const accountId of [loot, counterparty]) {
    for (const token of accountId === loot ? [wrap, usdc] : [wrap]) {
      const amount = verifier.balanceOf(accountId, token);
      if (amount > 0n) found.push(`${accountId} has ${amount} of ${token}`);
    }
    const outside = BigInt(ask("wrap.near", "ft_balance_of", { account_id: accountId }) as string);
    if (outside > 0n) found.push(`${accountId} has ${outside} of wrap.near`);
  }
  const credit = verifier.balanceOf(devnet.gateId, wrap);
  if (credit !== gateCredit) found.push(`the gate's credit is ${credit} of ${gateCredit}`);
  const limitedAccounts = new Set(limitedWallets.map(accountOf));
  for (const call of ask(hostileContract, "authorized") as readonly string[]) {
    if (limitedAccounts.has(call.split(" ")[0] ?? "")) found.push(`on_auth was called: ${call}`);
  }
  for (const walletId of honestWallets) {
    const own = honest.filter((one) => one.walletId === walletId);
    const sum = (of: readonly Honest[]) => of.reduce((total, { amount }) => total + amount, 0n);
    const paid = sum(own.filter(({ status }) => status === "succeeded"));
    const gone = begunWith - held(walletId);
    // What did not succeed may have been carried out in part, or still be under way.
    if (gone < paid || gone > sum(own)) found.push(`${walletId} has ${gone} less, paid ${paid}, and meant ${sum(own)}`);
  }
  return found;
}

/**
 * yoctoNEAR that the operator spent on each wallet's submissions and resumes, gate fees included; under the service
 * wallet what is all sessions', under `` what is nobody's.
 */
export function spentByWallet(devnet: Devnet): ReadonlyMap<string, bigint> {
  const dump = devnet.controls.dump();
  const { transactions, submitted } = readChain(dump, [devnet.gateId], devnet.verifierId);
  const deposits = new Map(
    (dump.transactions as readonly Json[]).map((entry) => [entry.transaction.hash, depositOf(entry)]),
  );
  const walletOf = new Map(
    [...honestWallets, ...Object.keys(hostileWallets), serviceWalletId].map((walletId) => {
      return [devnet.controls.wallets.get(walletId).accountId, walletId] as const;
    }),
  );
  const spent = new Map<string, bigint>();
  for (const transaction of transactions.values()) {
    if (transaction.signerId !== devnet.relayer.accountId && transaction.signerId !== devnet.approver.accountId)
      continue;
    const { signed_delegate, intent_id, intent_ids, signed } = argsOf(transaction);
    const resumed = submitted.get(String(intent_id ?? intent_ids?.[0] ?? ""));
    const walletId = walletOf.get(resumed?.sender ?? signerOf(signed) ?? senderOf(signed_delegate)) ?? "";
    const paid = transaction.tokensBurnt + (deposits.get(transaction.hash) ?? 0n);
    spent.set(walletId, (spent.get(walletId) ?? 0n) + paid);
  }
  return spent;
}

/** What a transaction left with its receiver: nothing where it failed. */
function depositOf({ transaction, receipts }: Json): bigint {
  const [first] = receipts;
  if (first?.outcome?.outcome.status.Failure !== undefined) return 0n;
  return (transaction.actions as readonly Json[]).reduce(
    (sum, { FunctionCall: call }) => sum + BigInt(call?.deposit ?? 0),
    0n,
  );
}

/** The signer of the first of the payloads with which the relayer makes others impossible. */
function signerOf(signed: Json): string | undefined {
  const message = signed?.[0]?.payload?.message;
  return message === undefined ? undefined : JSON.parse(message).signer_id;
}

/** The sender of a signed delegate: the first text in it. */
function senderOf(signedDelegate: unknown): string {
  if (typeof signedDelegate !== "string") return "";
  const bytes = Buffer.from(signedDelegate, "base64");
  return bytes.subarray(4, 4 + bytes.readUInt32LE(0)).toString();
}
