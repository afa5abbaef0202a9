import { type Block, isIncluded } from "../chain/block.ts";
import type { Chain } from "../chain/chain.ts";
import type { ChainView } from "../chain/chain-view.ts";
import type { StateView } from "../chain/state.ts";
import type { Outcome, Transaction } from "../chain/types.ts";
import { accessKeyShape } from "../rpc/shapes/action-shape.ts";
import { outcomeShape, transactionShape } from "../rpc/shapes/outcome-shape.ts";
import { receiptShape } from "../rpc/shapes/receipt-shape.ts";

export interface Dump {
  readonly chain_id: string;
  readonly head: unknown;
  readonly final: unknown;
  /** Yocto burnt since the genesis. */
  readonly burnt: string;
  readonly blocks: readonly unknown[];
  /** Blocks of forks that lost. */
  readonly orphans: readonly unknown[];
  /** Transactions in the order of their inclusion; `receipts` depth first, each with its outcome once it ran. */
  readonly transactions: readonly unknown[];
  /** Accepted, but not included yet. */
  readonly pool: readonly unknown[];
  /** Included although they were invalid, with their reasons and heights. */
  readonly invalid: readonly unknown[];
  /** Accepted, and invalid when a block was made. */
  readonly dropped: readonly unknown[];
  readonly accounts: readonly unknown[];
}

/** The whole chain for checkers, in the shapes of the RPC, with heights. @param from only blocks from this height on */
export function dumpChain(chain: Chain, from = 0n): Dump {
  const view = chain.view();
  const state = view.state();
  const blocks = view.blocksFrom(from);
  return {
    chain_id: chain.chainId,
    head: reference(chain.head),
    final: reference(view.final()),
    burnt: `${state.burnt()}`,
    blocks: blocks.map((block) => blockEntry(view, block)),
    orphans: chain.orphans().map((block) => blockEntry(view, block)),
    transactions: blocks.flatMap((block) => block.transactions.map((one) => transactionEntry(state, one, block))),
    invalid: blocks.flatMap(({ height, invalid }) =>
      invalid.map(({ transaction, reason }) => ({ transaction: transactionShape(transaction), reason, height })),
    ),
    pool: chain.pool.ordered().map(transactionShape),
    dropped: chain.dropped.map(({ transaction, reason }) => ({ transaction: transactionShape(transaction), reason })),
    accounts: view.accountIds().map((id) => accountEntry(state, id)),
  };
}

function blockEntry(view: ChainView, block: Block): unknown {
  const fresh = block.chunks.filter((chunk) => isIncluded(block, chunk));
  return {
    ...reference(block),
    prev_hash: block.prevHash,
    prev_height: block.prevHeight,
    timestamp_nanosec: `${block.timestampNs}`,
    is_final: view.isFinal(block),
    /** Shards without a chunk. */
    missing: block.missing,
    transactions: block.transactions.map(({ hash }) => hash),
    receipts: fresh.flatMap(({ incoming }) => incoming.map(({ id }) => id)),
    gas_burnt: fresh.reduce((sum, { gasBurnt }) => sum + gasBurnt, 0n),
    tokens_burnt: `${fresh.reduce((sum, { tokensBurnt }) => sum + tokensBurnt, 0n)}`,
  };
}

function transactionEntry(state: StateView, transaction: Transaction, block: Block): unknown {
  const conversion = state.outcome(transaction.hash);
  return {
    transaction: transactionShape(transaction),
    block_hash_referred_to: transaction.blockHash,
    height: block.height,
    outcome: conversion === undefined ? null : outcomeShape(conversion),
    receipts: conversion === undefined ? [] : receiptEntries(state, conversion),
  };
}

function receiptEntries(state: StateView, parent: Outcome): unknown[] {
  return parent.receiptIds.flatMap((id) => {
    const receipt = state.receipt(id);
    const outcome = state.outcome(id);
    const entry = {
      parent: parent.id,
      receipt: receipt === undefined ? null : receiptShape(receipt),
      height: outcome?.height ?? null,
      outcome: outcome === undefined ? null : outcomeShape(outcome),
    };
    return [entry, ...(outcome === undefined ? [] : receiptEntries(state, outcome))];
  });
}

function accountEntry(state: StateView, id: string): unknown {
  const keys = state.publicKeys(id).flatMap((publicKey) => {
    const key = state.accessKey(id, publicKey);
    return key === undefined ? [] : [{ public_key: publicKey, ...accessKeyShape(key) }];
  });
  return { account_id: id, amount: `${state.account(id)?.amount ?? 0n}`, keys };
}

function reference({ height, hash }: Block): { readonly height: bigint; readonly hash: string } {
  return { height, hash };
}
