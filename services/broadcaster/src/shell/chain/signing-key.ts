import type { PreparedTransaction } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { KeyedMutex, type Logger } from "@outlayer/kit";
import type { KeyPair } from "@outlayer/near";
import { signTransaction } from "@outlayer/near";
import type { AccessKey, Block, NearNode } from "../../core/ports/near-node.ts";
import type { Follower } from "./follower.ts";

/** A call to sign, without what the key adds: signer, nonce and block. Amounts in gas units and yoctoNEAR. */
export interface CallToSign {
  readonly receiverId: string;
  readonly methodName: string;
  readonly args: unknown;
  readonly gas: bigint;
  readonly deposit: bigint;
}

export type UnsentTransaction = Omit<PreparedTransaction, "$typeName">;

export interface KeyDeps {
  readonly node: NearNode;
  readonly follower: Pick<Follower, "heads">;
  readonly logger: Logger;
}

/** Blocks for which a look that found the key is good, unless `lookAgain` is called. */
const lookBlocks = 40;

/**
 * Blocks from a term's first use of a key in which the key's nonce may pass every known one: transactions that the
 * broadcaster before had sent can land late.
 */
const strangersAfter = 200;

/** Nonces that are set aside at once: few, for a takeover leaves out what is left of them. */
const setAsideAtOnce = 32n;

/** Why a key may be used in a term. */
export interface KeyTerm {
  /** Resolves once every nonce that was issued before, and is on record, is noted. */
  readonly mayUse: () => Promise<void>;
  /**
   * Writes down, where a later term reads it first, that nonces up to this one may be issued. Undefined where each transaction is
   * written down there.
   */
  readonly setAside: ((publicKey: string, nonce: bigint) => Promise<void>) | undefined;
}

/**
 * One access key, and the queue of its uses. Transactions of a key must arrive in the order of their nonces, so each use has
 * the key to itself from taking nonces to the last send. A nonce that was taken and not sent leaves a gap, which is harmless. A
 * nonce on the chain above all that were issued here shows that somebody else uses the key: nothing is signed with such
 * a key any more (rule: foreign-nonce-retires-the-key).
 */
export class SigningKey {
  readonly accountId: string;
  readonly #pair: KeyPair;
  readonly #deps: KeyDeps;
  readonly #mutex = new KeyedMutex();
  #lastNonce = 0n;
  #knownSince: number | undefined;
  #term: KeyTerm = { mayUse: async () => {}, setAside: undefined };
  /** The highest nonce that this term may issue. */
  #setAside = 0n;
  /** The latest look, perhaps under way. `head`: the head's height when it was asked for. */
  #looked: { readonly key: Promise<AccessKey | undefined>; readonly head: number } | undefined;
  #users = 0;
  #isMissing = false;
  #isShared = false;

  constructor(accountId: string, pair: KeyPair, deps: KeyDeps) {
    this.accountId = accountId;
    this.#pair = pair;
    this.#deps = deps;
  }

  get publicKey(): string {
    return this.#pair.publicKey;
  }

  /** Number of uses under way or waiting. */
  get load(): number {
    return this.#users;
  }

  /** Whether the key was not on the account at the last look, or somebody else uses it. */
  get isUnusable(): boolean {
    return this.#isMissing || this.#isShared;
  }

  /**
   * The key as it is at the final block, or was a few blocks ago; undefined when it is not on the account, or somebody else
   * uses it.
   */
  async look(): Promise<AccessKey | undefined> {
    const looked = this.#looked;
    const isRecent = looked !== undefined && this.#head < looked.head + lookBlocks;
    return this.#known(await (isRecent ? looked.key : this.#ask()));
  }

  /** Begins the look that is needed to sign once this block is final, so that signing need not wait for the whole answer. */
  lookAhead(finalHeight: number): void {
    // Whoever signs meets the error.
    this.#lookAsOf(finalHeight).catch(() => {});
  }

  /** The key as a node has it that knows this final block. */
  async #lookAsOf(finalHeight: number): Promise<AccessKey | undefined> {
    const key = await this.#looked?.key.catch(() => undefined);
    return this.#known(key !== undefined && key.height >= finalHeight ? key : await this.#ask());
  }

  async #ask(): Promise<AccessKey | undefined> {
    const looked = { key: this.#deps.node.accessKey(this.accountId, this.publicKey), head: this.#head };
    this.#looked = looked;
    let key: AccessKey | undefined;
    try {
      key = await looked.key;
      return key;
    } finally {
      // A key that is not there may be put there at any time.
      if (key === undefined && this.#looked === looked) this.#looked = undefined;
    }
  }

  get #head(): number {
    return this.#deps.follower.heads?.optimistic.height ?? 0;
  }

  /** Makes the next look read the key anew, e.g. where a transaction of the key cannot land. */
  lookAgain(): void {
    this.#looked = undefined;
  }

  #known(key: AccessKey | undefined): AccessKey | undefined {
    this.#isMissing = key === undefined;
    return this.#isShared ? undefined : key;
  }

  /** Begins a term, in which this process uses the key. */
  beginTerm(term: KeyTerm): void {
    this.#term = term;
    this.#setAside = 0n;
    this.#knownSince = undefined;
    this.#looked = undefined;
  }

  /** Says that a nonce of this key was issued before, by this process or an earlier one. */
  noteIssued(nonce: bigint): void {
    if (nonce > this.#lastNonce) this.#lastNonce = nonce;
  }

  /**
   * Signs calls with consecutive nonces. `use` writes the transactions down and sends them in order; no other use of the key
   * runs meanwhile.
   * @throws KeyUnusable when the key is not on the account, or somebody else uses it
   */
  async use<T>(
    calls: readonly CallToSign[],
    block: Pick<Block, "hash" | "height">,
    use: (transactions: readonly UnsentTransaction[]) => Promise<T>,
  ): Promise<T> {
    this.#users += 1;
    try {
      await this.#term.mayUse();
      return await this.#mutex.run(this.publicKey, async () => use(await this.#sign(calls, block)));
    } finally {
      this.#users -= 1;
    }
  }

  async #sign(
    calls: readonly CallToSign[],
    block: Pick<Block, "hash" | "height">,
  ): Promise<readonly UnsentTransaction[]> {
    // Somebody else's use must show before anything is signed.
    const known = await this.#lookAsOf(this.#deps.follower.heads?.final.height ?? 0);
    if (known === undefined || this.#isStrangers(known)) throw new KeyUnusable(this.accountId, this.publicKey);
    this.noteIssued(known.nonce);
    await this.#setAsideFor(calls.length);
    return calls.map((call) => {
      this.#lastNonce += 1n;
      const nonce = this.#lastNonce;
      const { hash, bytes } = signTransaction(
        {
          signerId: this.accountId,
          nonce,
          receiverId: call.receiverId,
          blockHash: block.hash,
          methodName: call.methodName,
          args: new TextEncoder().encode(JSON.stringify(call.args)),
          gas: call.gas,
          deposit: call.deposit,
        },
        this.#pair,
      );
      return {
        hash,
        signedTransaction: bytes,
        signerId: this.accountId,
        publicKey: this.publicKey,
        nonce,
        blockHash: block.hash,
        blockHeight: BigInt(block.height),
      };
    });
  }

  /** A node may lag behind what was issued, and logs of workflows that have ended are not read (rule: nonces-are-set-aside). */
  async #setAsideFor(count: number): Promise<void> {
    const needed = this.#lastNonce + BigInt(count);
    const { setAside } = this.#term;
    if (setAside === undefined || needed <= this.#setAside) return;
    const nonce = needed + setAsideAtOnce;
    await setAside(this.publicKey, nonce);
    this.#setAside = nonce;
  }

  /** Whether the key's nonce is above all issued here, and too late to be the broadcaster before's. */
  #isStrangers({ nonce }: AccessKey): boolean {
    const { follower, logger } = this.#deps;
    const head = follower.heads?.optimistic.height;
    if (head === undefined) return false;
    this.#knownSince ??= head;
    if (head <= this.#knownSince + strangersAfter || nonce <= this.#lastNonce) return false;
    this.#isShared = true;
    const about = { account: this.accountId, public_key: this.publicKey, nonce: String(nonce) };
    logger.error(about, "somebody else uses this key: nothing is signed with it any more");
    return true;
  }
}

export class KeyUnusable extends Error {
  override readonly name = "KeyUnusable";
  constructor(accountId: string, publicKey: string) {
    super(`the key ${publicKey} of ${accountId} cannot be used`);
  }
}

/** The keys of one account. */
export class KeyRing {
  readonly accountId: string;
  readonly #keys: readonly SigningKey[];

  constructor(accountId: string, keys: readonly KeyPair[], deps: KeyDeps) {
    this.accountId = accountId;
    this.#keys = keys.map((pair) => new SigningKey(accountId, pair, deps));
  }

  /** The key least in use, of those not known to be unusable; of all keys, where there are no such. */
  get idlest(): SigningKey {
    const there = this.#keys.filter(({ isUnusable }) => !isUnusable);
    const [first, ...rest] = there.length > 0 ? there : this.#keys;
    if (first === undefined) throw new RangeError(`no keys for ${this.accountId}`);
    return rest.reduce((best, key) => (key.load < best.load ? key : best), first);
  }

  /** The key that would sign now, known to be usable; `key` is undefined where none is. */
  async look(): Promise<{ readonly publicKey: string; readonly key: AccessKey | undefined }> {
    for (;;) {
      const { idlest } = this;
      const key = await idlest.look();
      const isLast = this.#keys.every(({ isUnusable }) => isUnusable);
      if (key !== undefined || isLast) return { publicKey: idlest.publicKey, key };
    }
  }

  /** Begins a term, in which this process uses the keys. */
  beginTerm(term: KeyTerm): void {
    for (const key of this.#keys) key.beginTerm(term);
  }

  /** Makes the next look at each key read it anew. */
  lookAgain(): void {
    for (const key of this.#keys) key.lookAgain();
  }

  key(publicKey: string): SigningKey | undefined {
    return this.#keys.find((key) => key.publicKey === publicKey);
  }
}
