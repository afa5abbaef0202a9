import type { ChainView } from "../chain/chain-view.ts";
import type { StateView } from "../chain/state.ts";
import type { Outcome, Receipt, Transaction } from "../chain/types.ts";
import type { TrackedShards } from "./rpc-call.ts";
import { outcomeShape, statusShape, transactionShape } from "./shapes/outcome-shape.ts";
import { receiptShape } from "./shapes/receipt-shape.ts";

/** Statuses that a caller can wait for, in nearcore's order. */
export const executionStatuses = [
  "NONE",
  "INCLUDED",
  "EXECUTED_OPTIMISTIC",
  "INCLUDED_FINAL",
  "EXECUTED",
  "FINAL",
] as const;

export type TxExecutionStatus = (typeof executionStatuses)[number];

export function isAtLeast(reached: TxExecutionStatus, wanted: TxExecutionStatus): boolean {
  return executionStatuses.indexOf(reached) >= executionStatuses.indexOf(wanted);
}

/** An included transaction, with its outcomes so far. */
export interface TxStatus {
  readonly transaction: Transaction;
  /** The conversion's outcome first, then those of its receipts, depth first; without receipts that have not run. */
  readonly outcomes: readonly Outcome[];
  readonly includedAt: bigint;
  readonly reached: TxExecutionStatus;
  /** nearcore's `FinalExecutionStatus`. */
  readonly status: unknown;
}

/**
 * A transaction's status in a view of the chain; undefined until it is included, and once the node has collected that block.
 * @param shards those that the node is on: it has no outcomes of others
 */
export function txStatus(view: ChainView, hash: string, shards: TrackedShards): TxStatus | undefined {
  const state = view.state();
  const included = state.transaction(hash);
  if (included === undefined || view.hasForgotten(included.height)) return undefined;
  const outcomes = outcomesOf(state, hash, shards);
  const status = finalStatus(outcomes, hash);
  const reached = reachedStatus(view, outcomes, typeof status === "object");
  return { transaction: included.transaction, outcomes, includedAt: included.height, reached, status };
}

/** nearcore's `FinalExecutionOutcomeView`, or the one with receipts. */
export function txStatusShape(view: ChainView, found: TxStatus, withReceipts: boolean): unknown {
  const [conversion, ...receipts] = found.outcomes;
  return {
    final_execution_status: found.reached,
    status: found.status,
    transaction: transactionShape(found.transaction),
    transaction_outcome: conversion === undefined ? null : outcomeShape(conversion),
    receipts_outcome: receipts.map(outcomeShape),
    ...(withReceipts ? { receipts: receiptsOf(view.state(), found.outcomes).map(receiptShape) } : {}),
  };
}

function outcomesOf(state: StateView, id: string, shards: TrackedShards): Outcome[] {
  const outcome = state.outcome(id);
  if (outcome === undefined || !shards.includes(outcome.executor)) return [];
  return [outcome, ...outcome.receiptIds.flatMap((next) => outcomesOf(state, next, shards))];
}

/** All receipts that these made, run or not. */
function receiptsOf(state: StateView, outcomes: readonly Outcome[]): Receipt[] {
  return outcomes
    .flatMap((outcome) => outcome.receiptIds)
    .map((id) => state.receipt(id))
    .filter((receipt) => receipt !== undefined);
}

/** Follows the receipt whose result stands in for the transaction's, as far as it has run. */
function finalStatus(outcomes: readonly Outcome[], hash: string): unknown {
  let lookingFor = hash;
  for (const { id, status } of outcomes) {
    if (id !== lookingFor) continue;
    if (status.kind !== "receipt") return statusShape(status);
    lookingFor = status.id;
  }
  return "Started";
}

function reachedStatus(view: ChainView, outcomes: readonly Outcome[], isDone: boolean): TxExecutionStatus {
  const isFinal = ({ height }: Outcome) => height <= view.final().height;
  const [conversion] = outcomes;
  if (conversion === undefined) return "NONE";
  if (!isFinal(conversion)) return isDone ? "EXECUTED_OPTIMISTIC" : "INCLUDED";
  if (!isDone) return "INCLUDED_FINAL";
  return outcomes.every(isFinal) ? "FINAL" : "EXECUTED";
}
