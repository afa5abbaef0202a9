import { foreignAnswerBytes } from "../../core/ports/near-node.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** How much of an answer is read, and who may be blamed for more. */
export interface AnswerBounds {
  /** Bytes on the wire, after decompression. */
  readonly maxBytes: number;
  /** Where longer strings are cut while they are read: only those that nobody looks into are that long. */
  readonly cutStringsAt?: number;
  /** Bytes that may be left once long strings are cut. */
  readonly keptBytes?: number;
  /** What strangers do on the chain decides how long it is, so that the length says nothing of the endpoint. */
  readonly ofStrangers?: true;
}

/** What an endpoint itself decides the length of. */
const ownAnswer: AnswerBounds = { maxBytes: 2 * MiB };

const byMethod: Readonly<Record<string, AnswerBounds>> = {
  EXPERIMENTAL_genesis_config: { maxBytes: 8 * MiB },
  // Lists of keys and of balances are as long as their owner made them.
  query: { maxBytes: 4 * MiB, ofStrangers: true },
  // All transactions and receipts of a chunk, in base64.
  chunk: { maxBytes: 32 * MiB, ofStrangers: true },
  // A target may return 4 MiB, and the gas of a transaction pays for some 50 MiB of arguments. Of strings only ids, events,
  // names and errors are looked into; nothing that is kept of those is longer than 16 KiB on NEAR.
  EXPERIMENTAL_tx_status: { maxBytes: 64 * MiB, cutStringsAt: 64 * KiB, keptBytes: 8 * MiB, ofStrangers: true },
};

export function boundsOf(method: string): AnswerBounds {
  return byMethod[method] ?? ownAnswer;
}

/** Nodes write such an answer as a list of numbers, four characters a byte at most; beside it stand height, hash and logs. */
export const foreignBounds: AnswerBounds = { maxBytes: 5 * foreignAnswerBytes, ofStrangers: true };
