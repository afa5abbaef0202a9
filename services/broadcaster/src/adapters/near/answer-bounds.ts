import { foreignAnswerBytes } from "../../core/ports/near-node.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** How much of an answer is read, and whose fault a longer one is. */
export interface AnswerBounds {
  /** Bytes on the wire, after decompression. */
  readonly maxBytes: number;
  /** Length above which strings are cut while they are read: no code looks into longer ones. */
  readonly cutStringsAt?: number;
  /** Most bytes that may be left after cutting. */
  readonly keptBytes?: number;
  /** Set if strangers' actions on the chain determine the length, so that it says nothing of the endpoint. */
  readonly ofStrangers?: true;
}

/** For answers whose length the endpoint itself determines. */
const ownAnswer: AnswerBounds = { maxBytes: 2 * MiB };

const byMethod: Readonly<Record<string, AnswerBounds>> = {
  EXPERIMENTAL_genesis_config: { maxBytes: 8 * MiB },
  // An account's owner determines the length of its lists of keys and balances.
  query: { maxBytes: 4 * MiB, ofStrangers: true },
  // All that a block did to the keys of accounts.
  EXPERIMENTAL_changes: { maxBytes: 4 * MiB, ofStrangers: true },
  // All transactions and receipts of a chunk, in base64.
  chunk: { maxBytes: 32 * MiB, ofStrangers: true },
  // A target may return 4 MiB, and the gas of a transaction pays for some 50 MiB of arguments. Only ids, events, names and errors
  // are looked into, and NEAR bounds each of them to 16 KiB.
  EXPERIMENTAL_tx_status: { maxBytes: 64 * MiB, cutStringsAt: 64 * KiB, keptBytes: 8 * MiB, ofStrangers: true },
};

export function boundsOf(method: string): AnswerBounds {
  return byMethod[method] ?? ownAnswer;
}

/** Nodes write a view's result as a list of numbers, up to four characters a byte, beside height, hash and logs. */
export const foreignBounds: AnswerBounds = { maxBytes: 5 * foreignAnswerBytes, ofStrangers: true };
