import type { TransactionStatus } from "../chain/transaction-status.ts";
import type { CallTarget } from "../checks/receivers.ts";
import type { KeyPermission } from "../gate/access-key.ts";

/** Longest answer that is read of a contract of a caller's choice, bytes. */
export const foreignAnswerBytes = 16 * 1024;

export interface Block {
  readonly height: number;
  /** Base58. */
  readonly hash: string;
  readonly prevHash: string;
  /** Hash of the latest block that this block makes final. */
  readonly lastFinalHash: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly gasPrice: bigint;
  readonly chunkHashes: readonly string[];
}

export type BlockWanted =
  | { readonly finality: "final" | "optimistic" }
  /** `below`: a height that the block is below, where that is known. */
  | { readonly hash: string; readonly below?: number }
  | { readonly height: number };

export interface AccessKey {
  readonly nonce: bigint;
  readonly permission: KeyPermission;
  /** Height of the block at which it was read. */
  readonly height: number;
}

/** The outcome of a view of a contract of a caller's choice. */
export type ForeignView =
  /** `text` is JSON, `height` that of the block at which it ran. */
  | { readonly kind: "answered"; readonly text: string; readonly value: unknown; readonly height: number }
  /** `text` is the contract's or the node's own error. */
  | { readonly kind: "failed"; readonly text: string }
  | { readonly kind: "too_large" | "no_answer" };

export interface ChunkTransaction {
  readonly hash: string;
  readonly signerId: string;
  readonly receiverId: string;
  /** Arguments of its function calls. */
  readonly calls: readonly { readonly methodName: string; readonly args: Uint8Array }[];
}

export interface RecallWanted {
  readonly hash: string;
  readonly signerId: string;
  /** Height of the block that it names: it can only be in blocks above. */
  readonly since: number;
  /** Height that an endpoint's final head must have reached, for its not knowing the transaction to count. */
  readonly at: number;
}

export type Recall =
  | { readonly kind: "known"; readonly status: TransactionStatus }
  /**
   * No endpoint knows it, and every fresh one that keeps the blocks in question was asked at a final head not below `at`: at least
   * one, and all but those that have been away for 200 blocks. `voidIn`: hash of a block that holds it without an effect.
   * `isCorroborated`: two endpoints said so, or the only one that there is.
   */
  | { readonly kind: "unknown"; readonly voidIn: string | undefined; readonly isCorroborated: boolean }
  /** No endpoint has kept the blocks that may hold it. */
  | { readonly kind: "forgotten" }
  /** An endpoint lags behind, or none that is fresh has an answer. */
  | { readonly kind: "untold" };

/** One of an account's access keys. */
export interface AccountKey {
  readonly publicKey: string;
  readonly permission: KeyPermission;
}

/** An access key that a block deleted. */
export interface DeletedKey {
  readonly accountId: string;
  readonly publicKey: string;
}

/** Where a view runs: at the head of a kind, or at a block. */
export type ViewPlace = "final" | "optimistic" | Block;

/** An account's NEAR. */
export interface AccountFunds {
  /** yoctoNEAR. */
  readonly balance: bigint;
  /** Bytes of its state, for which it has to hold NEAR. */
  readonly storageBytes: bigint;
}

/** NEAR as the broadcaster uses it. Every method throws RpcUnavailable when no endpoint answers. */
export interface NearNode {
  /** Whether an endpoint's final head moves, and is not far behind the best seen, as far as is known. */
  readonly isFresh: boolean;
  /** @throws BlockUnknown */
  block(wanted: BlockWanted): Promise<Block>;
  /** Number of blocks for which a transaction is valid after the one that it names. */
  validityBlocks(): Promise<number>;
  /** yoctoNEAR that the account holds; 0 for one that does not exist. */
  balance(accountId: string): Promise<bigint>;
  /** What the account holds, and has to hold; nothing of one that does not exist. */
  funds(accountId: string): Promise<AccountFunds>;
  /** The key at the final block; undefined when the account or the key is not there. */
  accessKey(accountId: string, publicKey: string): Promise<AccessKey | undefined>;
  /** Every key of the account at the final block; none for an account that does not exist. */
  accessKeys(accountId: string): Promise<readonly AccountKey[]>;
  /** Every key of the account at a block; undefined where there was no account. @throws BlockUnknown */
  accessKeysAt(accountId: string, block: Block): Promise<readonly AccountKey[] | undefined>;
  /**
   * Keys of these accounts that a block deleted, by a transaction, a delegate, a contract, or with the account.
   * @throws BlockUnknown; RpcRefused where no endpoint tells
   */
  deletedKeys(block: Block, accountIds: readonly string[]): Promise<readonly DeletedKey[]>;
  /** Base58 of the SHA-256 of the account's wasm; 32 zero bytes where it has none, or does not exist. */
  codeHash(accountId: string): Promise<string>;
  /** What the account offers to a call, at the final block. */
  callTarget(accountId: string): Promise<CallTarget>;
  /**
   * Calls a view, at the final block by default.
   * @returns its JSON, and the height at which it ran
   * @throws ViewFailed with the contract's text; BlockUnknown
   */
  view(contractId: string, method: string, args: unknown, at?: ViewPlace): Promise<{ value: unknown; height: number }>;
  /** Calls a view of a contract of a caller's choice, at the final block; no more of the answer is read than a record may hold. */
  foreignView(contractId: string, method: string, argsJson: string): Promise<ForeignView>;
  /** Sends a signed transaction. Success says nothing of its inclusion. */
  send(signedTransaction: Uint8Array): Promise<void>;
  /** Undefined while the node does not know the transaction, or has no outcome of it yet. */
  transaction(hash: string, signerId: string): Promise<TransactionStatus | undefined>;
  /**
   * What all endpoints together remember of a transaction (rule: dead-is-unknown-to-every-endpoint). Asks the archive where
   * every other endpoint has forgotten it (rule: forgotten-is-never-unknown).
   */
  recall(wanted: RecallWanted): Promise<Recall>;
  /** The transactions of a block, with the fields that identify one. */
  transactionsOf(block: Block): Promise<readonly ChunkTransaction[]>;
}

/** No endpoint answered: the outcome is unknown, and a sent transaction may have arrived. */
export class RpcUnavailable extends Error {
  override readonly name: string = "RpcUnavailable";
}

/** The node does not know the block: it lags behind the node that named the block, or keeps no older ones. */
export class BlockUnknown extends RpcUnavailable {
  override readonly name = "BlockUnknown";
}

/** A node answered with an error of its own. */
export class RpcRefused extends Error {
  override readonly name = "RpcRefused";
  /** E.g. `UNKNOWN_TRANSACTION`; empty where the node gave none. */
  readonly causeName: string;

  constructor(method: string, causeName: string, text: string) {
    super(`${method}: ${causeName} ${text}`.trim());
    this.causeName = causeName;
  }
}

/** A view panicked, and `text` is the contract's own; or it answered with something else than JSON. */
export class ViewFailed extends Error {
  override readonly name = "ViewFailed";
  readonly text: string;

  constructor(contractId: string, method: string, text: string) {
    super(`${contractId}.${method}: ${text}`);
    this.text = text;
  }
}
