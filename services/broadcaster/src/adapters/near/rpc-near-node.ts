import { decodeBase64, encodeBase64 } from "@outlayer/near";
import { LRUCache } from "lru-cache";
import { field, height, integer, isShallow, list, object, string, strings } from "../../core/chain/json.ts";
import { readDeletedKeys } from "../../core/chain/key-changes.ts";
import { saysAnything, type TransactionStatus } from "../../core/chain/transaction-status.ts";
import type { CallTarget } from "../../core/checks/receivers.ts";
import type { KeyPermission } from "../../core/gate/access-key.ts";
import {
  type AccessKey,
  type AccountFunds,
  type AccountKey,
  type Block,
  BlockUnknown,
  type BlockWanted,
  type ChunkTransaction,
  type DeletedKey,
  type ForeignView,
  foreignAnswerBytes,
  type NearNode,
  type Recall,
  type RecallWanted,
  RpcRefused,
  RpcUnavailable,
  ViewFailed,
  type ViewPlace,
} from "../../core/ports/near-node.ts";
import type { Archive } from "./archive.ts";
import { askTransaction, blocksNamedBy, recallOf } from "./recall.ts";
import type { RpcCall, RpcClient } from "./rpc-client.ts";

/** Blocks of old transactions whose hashes are kept. */
const oldBlocksKept = 10_000;

/** Blocks that no node collects so soon that they would be worth asking elsewhere for. */
const neverOld = 200;

/** NEAR over JSON-RPC. */
export class RpcNearNode implements NearNode {
  readonly #rpc: RpcClient;
  readonly #archive: Archive | undefined;
  /** Hashes of blocks that an old transaction's status names. */
  readonly #oldBlocks = new LRUCache<string, true>({ max: oldBlocksKept });

  /** @param archive asked for what the endpoints of `rpc` have forgotten */
  constructor(rpc: RpcClient, archive?: Archive) {
    this.#rpc = rpc;
    this.#archive = archive;
  }

  get isFresh(): boolean {
    return this.#rpc.isFresh;
  }

  async block(wanted: BlockWanted): Promise<Block> {
    if ("finality" in wanted) this.#rpc.lookAround();
    try {
      return readBlock(await this.#rpc.call("block", blockParams(wanted)));
    } catch (error) {
      if (!isUnknownBlock(error)) throw error;
      const old = await this.#oldBlock(wanted);
      if (old === undefined) throw new BlockUnknown(error.message);
      return old;
    }
  }

  /** A block that the endpoint asked first does not know, if it is old: from any other endpoint, or from the archive. */
  async #oldBlock(wanted: BlockWanted): Promise<Block | undefined> {
    const isNamed = "hash" in wanted && this.#oldBlocks.has(wanted.hash);
    if (!isNamed && !this.#isOld(heightBound(wanted))) return undefined;
    const found = await this.#fromAny((call) => unlessUnknown(call("block", blockParams(wanted))));
    if (found === undefined) return undefined;
    const block = readBlock(found);
    this.#oldBlocks.set(block.prevHash, true);
    return block;
  }

  /** What any endpoint has kept, or the archive; undefined where none that answers has. */
  async #fromAny(ask: (call: RpcCall) => Promise<unknown>): Promise<unknown> {
    try {
      const answers = await this.#rpc.everyEndpoint(ask);
      return answers.find(({ answer }) => answer !== undefined)?.answer ?? (await this.#archive?.ask(ask));
    } catch (error) {
      if (error instanceof RpcUnavailable) return undefined;
      throw error;
    }
  }

  /** Whether nodes may have collected what is of that height. */
  #isOld(at: number): boolean {
    return at < this.#rpc.bestFinalHeight - neverOld;
  }

  async validityBlocks(): Promise<number> {
    const config = await this.#rpc.call("EXPERIMENTAL_genesis_config", {});
    return need(height(field(config, "transaction_validity_period")), "genesis config");
  }

  async balance(accountId: string): Promise<bigint> {
    return (await this.funds(accountId)).balance;
  }

  async funds(accountId: string): Promise<AccountFunds> {
    const account = await this.#account(accountId);
    if (account === undefined) return { balance: 0n, storageBytes: 0n };
    return {
      balance: need(integer(field(account, "amount")), "view_account"),
      storageBytes: need(integer(field(account, "storage_usage")), "view_account"),
    };
  }

  async accessKey(accountId: string, publicKey: string): Promise<AccessKey | undefined> {
    try {
      const query = {
        request_type: "view_access_key",
        finality: "final",
        account_id: accountId,
        public_key: publicKey,
      };
      const key = await this.#query(query);
      return {
        nonce: need(integer(field(key, "nonce")), "view_access_key"),
        permission: readPermission(field(key, "permission")),
        height: need(height(field(key, "block_height")), "view_access_key"),
      };
    } catch (error) {
      if (isUnknown(error, "UNKNOWN_ACCESS_KEY", "does not exist while viewing")) return undefined;
      if (isUnknown(error, "UNKNOWN_ACCOUNT", "does not exist while viewing")) return undefined;
      throw error;
    }
  }

  async accessKeys(accountId: string): Promise<readonly AccountKey[]> {
    return (await this.#accessKeys(accountId, "final")) ?? [];
  }

  async accessKeysAt(accountId: string, block: Block): Promise<readonly AccountKey[] | undefined> {
    const keys = (await this.#accessKeys(accountId, block)) ?? [];
    // Nodes may list no keys of an account that does not exist, as they do of one that has none.
    return keys.length > 0 || (await this.#account(accountId, block)) !== undefined ? keys : undefined;
  }

  /** Undefined where there is no account. */
  async #accessKeys(accountId: string, at: ViewPlace): Promise<readonly AccountKey[] | undefined> {
    try {
      const query = { request_type: "view_access_key_list", ...placeParams(at), account_id: accountId };
      const keys = list(field(await this.#query(query), "keys"));
      return keys.map((key) => ({
        publicKey: need(string(field(key, "public_key")), "view_access_key_list"),
        permission: readPermission(field(key, "access_key", "permission")),
      }));
    } catch (error) {
      if (isUnknown(error, "UNKNOWN_ACCOUNT", "does not exist while viewing")) return undefined;
      throw orBlockUnknown(error);
    }
  }

  async deletedKeys(block: Block, accountIds: readonly string[]): Promise<readonly DeletedKey[]> {
    const params = { changes_type: "all_access_key_changes", account_ids: accountIds, block_id: block.hash };
    try {
      return readDeletedKeys(await this.#rpc.call("EXPERIMENTAL_changes", params));
    } catch (error) {
      throw orBlockUnknown(error);
    }
  }

  async codeHash(accountId: string): Promise<string> {
    const account = await this.#account(accountId);
    return account === undefined ? noCode : need(string(field(account, "code_hash")), "view_account");
  }

  async callTarget(accountId: string): Promise<CallTarget> {
    const account = await this.#account(accountId);
    if (account === undefined) return "no_account";
    // Global contract code, which accounts share, is named in fields of its own beside an empty hash.
    const shared =
      string(field(account, "global_contract_hash")) ?? string(field(account, "global_contract_account_id"));
    if (shared !== undefined) return "contract";
    return need(string(field(account, "code_hash")), "view_account") === noCode ? "no_code" : "contract";
  }

  async view(
    contractId: string,
    method: string,
    args: unknown,
    at: ViewPlace = "final",
  ): Promise<{ value: unknown; height: number }> {
    const argsJson = typeof args === "string" ? args : JSON.stringify(args);
    const answer = await this.#view(contractId, method, argsJson, at);
    const text = returnedText(answer);
    try {
      return { value: text === "" ? null : JSON.parse(text), height: height(field(answer, "block_height")) ?? 0 };
    } catch {
      throw new ViewFailed(contractId, method, "its answer is not JSON");
    }
  }

  async foreignView(contractId: string, method: string, argsJson: string): Promise<ForeignView> {
    const asked = await this.#rpc.callForeign("query", viewQuery(contractId, method, argsJson, "final"));
    if (asked.kind === "refused") return { kind: "failed", text: asked.text };
    if (asked.kind !== "answered") return { kind: asked.kind };
    const error = string(field(asked.result, "error"));
    if (error !== undefined) return { kind: "failed", text: error };
    const text = returnedText(asked.result) || "null";
    if (Buffer.byteLength(text) > foreignAnswerBytes || !isShallow(text)) return { kind: "too_large" };
    const at = height(field(asked.result, "block_height")) ?? 0;
    try {
      return { kind: "answered", text, value: JSON.parse(text), height: at };
    } catch {
      return { kind: "failed", text: "its answer is not JSON" };
    }
  }

  async send(signedTransaction: Uint8Array): Promise<void> {
    const params = { signed_tx_base64: encodeBase64(signedTransaction), wait_until: "NONE" };
    try {
      await this.#rpc.callTwo("send_tx", params);
    } catch (error) {
      // A refusal proves nothing: the transaction may be on the chain already. The driver looks for its hash next.
      if (!(error instanceof RpcRefused)) throw error;
    }
  }

  async transaction(hash: string, signerId: string): Promise<TransactionStatus | undefined> {
    const answer = await askTransaction(
      (method, params) => this.#rpc.call(method, params, saysAnything),
      hash,
      signerId,
    );
    return answer.kind === "known" ? answer.status : undefined;
  }

  async recall(wanted: RecallWanted): Promise<Recall> {
    const answers = await this.#rpc.everyEndpoint((call) => recallOf(call, wanted));
    const known = answers.find(({ answer }) => answer.kind === "known");
    if (known?.answer.kind === "known") return this.#known(known.answer.status);
    const fresh = answers.flatMap(({ answer, isFresh }) => (isFresh ? [answer] : []));
    if (fresh.some(({ kind }) => kind === "behind")) return { kind: "untold" };
    const unknown = fresh.filter((answer) => answer.kind === "unknown");
    if (unknown.length > 0) {
      const voidIn = unknown.find((answer) => answer.voidIn)?.voidIn;
      return { kind: "unknown", voidIn, isCorroborated: unknown.length >= Math.min(2, this.#rpc.endpointCount) };
    }
    if (!fresh.some(({ kind }) => kind === "forgotten")) return { kind: "untold" };
    const recalled = await this.#archive?.recall(wanted);
    return recalled?.kind === "known" ? this.#known(recalled.status) : (recalled ?? { kind: "forgotten" });
  }

  /** Remembers which blocks an old status names: not every endpoint has kept them. */
  #known(status: TransactionStatus): Recall {
    for (const hash of blocksNamedBy(status)) this.#oldBlocks.set(hash, true);
    return { kind: "known", status };
  }

  async transactionsOf(block: Block): Promise<readonly ChunkTransaction[]> {
    const chunks = await Promise.all(block.chunkHashes.map((hash) => this.#chunk(hash, block.height)));
    return chunks.flatMap((chunk) => list(field(chunk, "transactions")).flatMap(readChunkTransaction));
  }

  async #chunk(hash: string, at: number): Promise<unknown> {
    const params = { chunk_id: hash };
    try {
      return await this.#rpc.call("chunk", params);
    } catch (error) {
      if (!isUnknownBlock(error) || !this.#isOld(at)) throw error;
      const kept = await this.#fromAny((call) => unlessUnknown(call("chunk", params)));
      if (kept === undefined) throw error;
      return kept;
    }
  }

  async #view(contractId: string, method: string, argsJson: string, at: ViewPlace): Promise<unknown> {
    try {
      return await this.#query(viewQuery(contractId, method, argsJson, at));
    } catch (error) {
      if (isUnknownBlock(error)) throw new BlockUnknown(error.message);
      if (error instanceof RpcRefused) throw new ViewFailed(contractId, method, error.message);
      throw error;
    }
  }

  /** The account, at the final block by default; undefined where it does not exist. */
  async #account(accountId: string, at: ViewPlace = "final"): Promise<unknown> {
    try {
      return await this.#query({ request_type: "view_account", ...placeParams(at), account_id: accountId });
    } catch (error) {
      if (isUnknown(error, "UNKNOWN_ACCOUNT", "does not exist while viewing")) return undefined;
      throw orBlockUnknown(error);
    }
  }

  /** Some node versions answer a failed query as a result with an `error` in it. */
  async #query(params: object): Promise<unknown> {
    const result = await this.#rpc.call("query", params);
    const error = string(field(result, "error"));
    if (error !== undefined) throw new RpcRefused("query", "", error);
    return result;
  }
}

function viewQuery(contractId: string, method: string, argsJson: string, at: ViewPlace): object {
  return {
    request_type: "call_function",
    ...placeParams(at),
    account_id: contractId,
    method_name: method,
    args_base64: encodeBase64(new TextEncoder().encode(argsJson)),
  };
}

function placeParams(at: ViewPlace): object {
  return typeof at === "string" ? { finality: at } : { block_id: at.hash };
}

/** The error, in place of which stands BlockUnknown where the node does not know the block. */
function orBlockUnknown(error: unknown): unknown {
  return isUnknownBlock(error) ? new BlockUnknown(error.message) : error;
}

/** A view's result, as text. */
function returnedText(answer: unknown): string {
  return new TextDecoder().decode(Uint8Array.from(list(field(answer, "result")).map(Number)));
}

function isUnknown(error: unknown, cause: string, text: string): boolean {
  return error instanceof RpcRefused && (error.causeName === cause || error.message.includes(text));
}

/** Whether the node does not know a block, or a chunk. */
function isUnknownBlock(error: unknown): error is RpcRefused {
  return error instanceof RpcRefused && ["UNKNOWN_BLOCK", "UNKNOWN_CHUNK"].includes(error.causeName);
}

/** A height at or above the block's; infinite where none is known. */
function heightBound(wanted: BlockWanted): number {
  if ("height" in wanted) return wanted.height;
  return ("hash" in wanted ? wanted.below : undefined) ?? Number.POSITIVE_INFINITY;
}

/** The answer; undefined where the node does not know the block or the chunk. */
async function unlessUnknown(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (isUnknownBlock(error)) return undefined;
    throw error;
  }
}

function blockParams(wanted: BlockWanted): object {
  if ("finality" in wanted) return { finality: wanted.finality };
  return { block_id: "hash" in wanted ? wanted.hash : wanted.height };
}

function readBlock(answer: unknown): Block {
  const header = object(field(answer, "header"));
  const nanoseconds = integer(header?.timestamp_nanosec) ?? integer(header?.timestamp);
  return {
    height: need(height(header?.height), "block"),
    hash: need(string(header?.hash), "block"),
    prevHash: need(string(header?.prev_hash), "block"),
    lastFinalHash: need(string(header?.last_final_block), "block"),
    timeMs: Number(need(nanoseconds, "block") / 1_000_000n),
    gasPrice: need(integer(header?.gas_price), "block"),
    chunkHashes: list(field(answer, "chunks")).flatMap((chunk) => string(field(chunk, "chunk_hash")) ?? []),
  };
}

function readChunkTransaction(item: unknown): ChunkTransaction[] {
  const hash = string(field(item, "hash"));
  const signerId = string(field(item, "signer_id"));
  const receiverId = string(field(item, "receiver_id"));
  if (hash === undefined || signerId === undefined || receiverId === undefined) return [];
  const calls = list(field(item, "actions")).flatMap((action) => {
    const methodName = string(field(action, "FunctionCall", "method_name"));
    const args = string(field(action, "FunctionCall", "args"));
    return methodName === undefined || args === undefined ? [] : [{ methodName, args: decodeBase64(args) }];
  });
  return [{ hash, signerId, receiverId, calls }];
}

const noCode = "11111111111111111111111111111111";

/** A permission of an unknown kind allows nothing. */
function readPermission(value: unknown): KeyPermission {
  if (value === "FullAccess") return { kind: "full_access" };
  const call = object(field(value, "FunctionCall"));
  return {
    kind: "function_call",
    receiverId: string(call?.receiver_id) ?? "",
    methodNames: strings(call?.method_names),
    allowanceYocto: integer(call?.allowance),
  };
}

function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new RpcUnavailable(`the answer to ${what} cannot be read`);
  return value;
}
