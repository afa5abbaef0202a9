import { type Block, type BlockInputs, blockHead, randomSeedOf } from "./block.ts";
import { convertTransaction } from "./convert.ts";
import { deliver, timeOutYields } from "./deliver.ts";
import { InvalidTransaction, type Json } from "./errors.ts";
import type { BlockContext } from "./receipt-context.ts";
import type { State } from "./state.ts";
import type { Receipt, Transaction } from "./types.ts";

export interface BlockRules {
  /** Yocto per gas unit. */
  readonly gasPrice: bigint;
  /** Gas that receipts may burn before the rest waits for the next block. */
  readonly chunkGasLimit: bigint;
  /** Whether a timeout beats a resume of the same block. */
  readonly timeoutWins: boolean;
}

export interface Dropped {
  readonly transaction: Transaction;
  /** nearcore's `InvalidTxError`. */
  readonly reason: Json;
}

/**
 * Makes a block on its parent, in the open span of the state: transactions become receipts, then the parent's receipts run, then
 * yields time out.
 * @param inputs its transactions are candidates; the block includes those that are valid in turn
 */
export function makeBlock(
  state: State,
  parent: Block,
  inputs: BlockInputs,
  rules: BlockRules,
  check: (transaction: Transaction) => void,
): { readonly block: Block; readonly dropped: readonly Dropped[] } {
  if (!inputs.hasChunk) {
    const head = blockHead(parent, { ...inputs, transactions: [] });
    return { block: { ...head, incoming: [], next: parent.next, gasBurnt: 0n, tokensBurnt: 0n }, dropped: [] };
  }
  // The hash covers the transactions and is visible to calls in the block, so the selection comes before anything runs.
  const dropped: Dropped[] = [];
  const valid = select(state, parent, inputs, rules, check, dropped);
  const head = blockHead(parent, { ...inputs, transactions: valid });
  const context = contextOf(state, head, rules);
  for (const transaction of valid) convertTransaction(context, transaction);
  const waiting = run(context, parent.next, rules.chunkGasLimit);
  for (let height = parent.chunkHeight + 1n; height <= head.height; height += 1n) {
    timeOutYields(context, height, rules.timeoutWins);
  }
  const incoming = parent.next.slice(0, parent.next.length - waiting.length);
  const { gasBurnt, tokensBurnt } = context;
  return { block: { ...head, incoming, next: [...waiting, ...context.outgoing], gasBurnt, tokensBurnt }, dropped };
}

/** Selects transactions that are valid one after the other, by trying them; their effects are rolled back. */
function select(
  state: State,
  parent: Block,
  inputs: BlockInputs,
  rules: BlockRules,
  check: (transaction: Transaction) => void,
  dropped: Dropped[],
): Transaction[] {
  if (inputs.transactions.length === 0) return [];
  const valid: Transaction[] = [];
  const trial = contextOf(state, blockHead(parent, inputs), rules);
  state.withoutTrace(() => {
    for (const transaction of inputs.transactions) {
      try {
        check(transaction);
        convertTransaction(trial, transaction);
        valid.push(transaction);
      } catch (error) {
        if (!(error instanceof InvalidTransaction)) throw error;
        dropped.push({ transaction, reason: error.reason });
      }
    }
  });
  return valid;
}

/** Runs receipts in order until the chunk is full. @returns those left for the next block */
function run(context: BlockContext, incoming: readonly Receipt[], gasLimit: bigint): readonly Receipt[] {
  for (const [index, receipt] of incoming.entries()) {
    if (context.gasBurnt >= gasLimit) return incoming.slice(index);
    deliver(context, receipt);
  }
  return [];
}

function contextOf(state: State, head: ReturnType<typeof blockHead>, rules: BlockRules): BlockContext {
  const { height, hash, timestampNs } = head;
  const randomSeed = randomSeedOf(head);
  const { gasPrice } = rules;
  return { state, height, hash, timestampNs, randomSeed, gasPrice, outgoing: [], gasBurnt: 0n, tokensBurnt: 0n };
}
