import {
  type Block,
  type BlockHead,
  type BlockInputs,
  blockHead,
  type Chunk,
  emptyChunk,
  type InvalidInclusion,
  randomSeedOf,
} from "./block.ts";
import { convertTransaction, leaveFailure } from "./convert.ts";
import { deliver, timeOutYields } from "./deliver.ts";
import { InvalidTransaction, type Json } from "./errors.ts";
import { runDue } from "./hops.ts";
import type { BlockContext } from "./receipt-context.ts";
import type { ShardLayout } from "./shards.ts";
import type { State } from "./state.ts";
import type { Transaction } from "./types.ts";
import { leavesOutcome } from "./weather.ts";

/** A transaction that the pool accepted, that was invalid when its block was made, and that is not in it. */
export type Dropped = InvalidInclusion;

interface Selection {
  readonly valid: readonly Transaction[];
  readonly invalid: readonly InvalidInclusion[];
  readonly dropped: readonly Dropped[];
}

/**
 * Makes a block on its parent, in the open span of the state: transactions become receipts, then the receipts that are due run, then
 * yields time out.
 * @param inputs its transactions are candidates, of shards that have a chunk; the block includes those that are valid in turn, and
 *   of the others those that the weather has leave an outcome
 * @param check of a transaction, apart from the state. @throws InvalidTransaction
 */
export function makeBlock(
  state: State,
  parent: Block,
  inputs: BlockInputs,
  layout: ShardLayout,
  check: (transaction: Transaction) => void,
): { readonly block: Block; readonly dropped: readonly Dropped[] } {
  const { rules, missing } = inputs;
  // The hash covers the transactions and is visible to calls in the block, so the selection comes before anything runs.
  const { valid, invalid, dropped } = select(state, parent, inputs, layout, check);
  const head = blockHead(parent, { ...inputs, transactions: valid }, invalid);
  const context = contextOf(state, head, layout);
  for (const transaction of valid) convertTransaction(context, transaction);
  for (const one of invalid) leaveFailure(context, one);
  const takes = (shard: number) => !missing.includes(shard) && (context.gasBurnt[shard] ?? 0n) < rules.chunkGasLimit;
  const { ran, left } = runDue(parent.next, head.height, layout, takes, (receipt) => deliver(context, receipt));
  for (const { shard, height } of parent.chunks) {
    if (!missing.includes(shard)) timeOutYields(context, shard, height, rules.timeoutWins);
  }
  const included = [...valid, ...invalid.map(({ transaction }) => transaction)];
  const chunks = parent.chunks.map((before): Chunk => {
    const { shard } = before;
    if (missing.includes(shard)) return before;
    return {
      ...emptyChunk(head, shard),
      transactions: included.filter(({ signer }) => layout.of(signer) === shard),
      incoming: ran[shard] ?? [],
      gasBurnt: context.gasBurnt[shard] ?? 0n,
      tokensBurnt: context.tokensBurnt[shard] ?? 0n,
    };
  });
  return { block: { ...head, chunks, next: [...left, ...context.outgoing] }, dropped };
}

/** Selects transactions that are valid one after the other, by trying them; their effects are rolled back. */
function select(
  state: State,
  parent: Block,
  inputs: BlockInputs,
  layout: ShardLayout,
  check: (transaction: Transaction) => void,
): Selection {
  const valid: Transaction[] = [];
  const invalid: InvalidInclusion[] = [];
  const dropped: Dropped[] = [];
  if (inputs.transactions.length === 0) return { valid, invalid, dropped };
  const trial = contextOf(state, blockHead(parent, inputs, []), layout);
  const { weather } = inputs.rules;
  state.withoutTrace(() => {
    for (const transaction of inputs.transactions) {
      const refused = refusalOf(() => check(transaction));
      const failed = refused ?? refusalOf(() => convertTransaction(trial, transaction));
      if (failed === undefined) valid.push(transaction);
      else if (refused === undefined && leavesOutcome(weather, transaction.hash)) {
        invalid.push({ transaction, reason: failed });
      } else dropped.push({ transaction, reason: failed });
    }
  });
  return { valid, invalid, dropped };
}

function refusalOf(work: () => void): Json | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidTransaction) return error.reason;
    throw error;
  }
}

function contextOf(state: State, head: BlockHead, layout: ShardLayout): BlockContext {
  const { height, hash, timestampNs, rules } = head;
  const nothing = layout.shards.map(() => 0n);
  return {
    state,
    layout,
    rules,
    height,
    hash,
    timestampNs,
    randomSeed: randomSeedOf(head),
    gasPrice: rules.gasPrice,
    outgoing: [],
    gasBurnt: [...nothing],
    tokensBurnt: [...nothing],
  };
}
