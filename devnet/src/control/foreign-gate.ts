import type { Chain } from "../chain/chain.ts";
import { InvalidTransaction } from "../chain/errors.ts";
import { contractStorage, noCode, nonceRange } from "../chain/state.ts";
import { signTransaction, toTransaction } from "../chain/transaction.ts";
import type { Action } from "../chain/types.ts";
import { setGateRelayer } from "../contracts/index.ts";
import { encodeBase64 } from "../crypto/base64.ts";
import { type DelegateAction, delegateHash, encodeSignedDelegate } from "../crypto/delegate.ts";
import { ed25519PublicKey } from "../crypto/ed25519.ts";
import { formatKey } from "../crypto/keys.ts";
import { signHash } from "../crypto/sign.ts";
import { viewNow } from "./contract-hand.ts";
import { ControlError } from "./control-error.ts";
import { until } from "./until.ts";

const near = 10n ** 24n;
const tera = 10n ** 12n;

export interface ForeignGateOptions {
  readonly chain: Chain;
  readonly gateId: string;
  /** The target of foreign intents: `set {value}` of a register. */
  readonly targetId: string;
  /** Aborts when the devnet closes. */
  readonly closed: AbortSignal;
  /** A deterministic private key of 32 bytes for each name. */
  readonly keySeed: (name: string) => Uint8Array;
}

/** Sent submissions, and the promise of their results once blocks are made. */
export interface ForeignAction {
  /** Hashes of the submissions. */
  readonly submissions: readonly string[];
  /** Ids of the intents, and the hash of the resume if there is one. */
  readonly done: Promise<{ readonly intentIds: readonly string[]; readonly resume?: string }>;
}

interface Actor {
  readonly accountId: string;
  readonly seed: Uint8Array;
}

/**
 * Other tenants of the gate, by real transactions: a second whitelisted relayer, and a holder of a second key of the approver. Each
 * is created when it is first needed.
 */
export class ForeignGate {
  readonly #options: ForeignGateOptions;
  #nonce = 0n;

  constructor(options: ForeignGateOptions) {
    this.#options = options;
  }

  /** Submits intents of a foreign wallet and leaves them pending. */
  submit(count: number): ForeignAction {
    if (!Number.isSafeInteger(count) || count < 1) throw new ControlError("count must be at least 1");
    const submissions = Array.from({ length: count }, () => this.#submitOne());
    return this.#action(submissions, (intentIds) => Promise.resolve({ intentIds }));
  }

  /** Submits intents and resumes them as one chain; done once the chain started. */
  chain(length: number): ForeignAction {
    const { submissions, done } = this.submit(length);
    return this.#follow(submissions, done, async (intentIds) => ({ intentIds, resume: await this.#resume(intentIds) }));
  }

  /** Names one intent twice in a chain, which leaves the tail dirty; done once it is. */
  stickTail(): ForeignAction {
    const { submissions, done } = this.submit(1);
    return this.#follow(submissions, done, async (intentIds) => {
      const [id = ""] = intentIds;
      const resume = await this.#resume([id, id]);
      // The chain's second link panics; until then the tail looks like that of any chain.
      await this.#until(() => (this.#failedUnder(submissions) ? true : undefined));
      return { intentIds, resume };
    });
  }

  #follow(
    submissions: readonly string[],
    submitted: ForeignAction["done"],
    then: (intentIds: readonly string[]) => ForeignAction["done"],
  ): ForeignAction {
    const done = submitted.then(({ intentIds }) => then(intentIds));
    done.catch(() => {});
    return { submissions, done };
  }

  #action(submissions: readonly string[], then: (ids: readonly string[]) => ForeignAction["done"]): ForeignAction {
    const ids = Promise.all(submissions.map((hash) => this.#until(() => this.#intentId(hash))));
    const done = ids.then(then);
    // Prevents an unhandled rejection where nobody waits for it.
    done.catch(() => {});
    return { submissions, done };
  }

  #submitOne(): string {
    const { chain, gateId, targetId } = this.#options;
    const wallet = this.#key("foreign wallet");
    this.#nonce += 1n;
    const args = Buffer.from(JSON.stringify({ value: Number(this.#nonce) }));
    const delegateAction: DelegateAction = {
      senderId: Buffer.from(wallet.publicKey.data).toString("hex"),
      receiverId: targetId,
      actions: [{ kind: "functionCall", methodName: "set", args, gas: 10n * tera, deposit: 0n }],
      nonce: this.#nonce,
      maxBlockHeight: chain.head.height + 1_000n,
      publicKey: wallet.publicKey,
    };
    const signature = signHash(wallet.seed, delegateHash(delegateAction));
    const signed = encodeBase64(encodeSignedDelegate({ delegateAction, signature }));
    return this.#send(this.#relayer(), gateId, "submit_intent", { signed_delegate: signed }, 250n * tera, 0n);
  }

  /** @returns the resume's hash, once its receipt succeeded */
  async #resume(intentIds: readonly string[]): Promise<string> {
    const { chain, gateId } = this.#options;
    const tiers = viewNow(chain, gateId, "get_fee_tiers") as [number, string][];
    const fee = tiers.find(([cap]) => cap >= intentIds.length)?.[1];
    if (fee === undefined) throw new ControlError(`no fee tier for ${intentIds.length} intents`);
    const args = { intent_ids: intentIds };
    const hash = this.#send(this.#approver(), gateId, "resume_batch_chained", args, 200n * tera, BigInt(fee));
    const status = await this.#until(() => this.#receiptStatus(hash));
    if (status.kind === "failure") throw new ControlError(`the foreign resume failed: ${JSON.stringify(status.error)}`);
    return hash;
  }

  /** @throws ControlError where the chain refuses the transaction */
  #send(actor: Actor, receiver: string, method: string, args: unknown, gas: bigint, deposit: bigint): string {
    const { chain } = this.#options;
    const bytes = Buffer.from(JSON.stringify(args));
    const actions: Action[] = [{ kind: "functionCall", methodName: method, args: bytes, gas, deposit }];
    const { accountId: signer, seed } = actor;
    const nonce = this.#nextNonce(actor);
    const signed = signTransaction({ signer, receiver, nonce, blockHash: chain.view().final().hash, actions }, seed);
    const transaction = toTransaction(signed);
    try {
      chain.submit(transaction);
    } catch (error) {
      // E.g. on a fork that is not as high yet as the block in which the actor's key was made.
      if (error instanceof InvalidTransaction) throw new ControlError(`the chain refuses it: ${error.message}`);
      throw error;
    }
    return transaction.hash;
  }

  #nextNonce({ accountId, seed }: Actor): bigint {
    const { chain } = this.#options;
    const publicKey = formatKey({ curve: "ed25519", data: ed25519PublicKey(seed) });
    const used = chain.view().state().accessKey(accountId, publicKey)?.nonce ?? 0n;
    const waiting = chain.pool.ordered().filter((one) => one.signer === accountId && one.publicKey === publicKey);
    return waiting.reduce((highest, { nonce }) => (nonce > highest ? nonce : highest), used) + 1n;
  }

  /** The intent id in the submission's own receipt. @throws ControlError where the gate refused it */
  #intentId(hash: string): string | undefined {
    const status = this.#receiptStatus(hash);
    if (status?.kind === "failure")
      throw new ControlError(`a foreign submission failed: ${JSON.stringify(status.error)}`);
    const trace = this.#receiptOutcome(hash)?.logs.find((line) => line.startsWith("trace:"));
    return trace === undefined ? undefined : `${JSON.parse(trace.slice("trace:".length)).id}`;
  }

  #receiptStatus(hash: string) {
    return this.#receiptOutcome(hash)?.status;
  }

  #receiptOutcome(hash: string) {
    const state = this.#options.chain.view().state();
    const [id] = state.outcome(hash)?.receiptIds ?? [];
    return id === undefined ? undefined : state.outcome(id);
  }

  #failedUnder(hashes: readonly string[]): boolean {
    const state = this.#options.chain.view().state();
    const anyFailed = (id: string): boolean => {
      const outcome = state.outcome(id);
      return outcome?.status.kind === "failure" || (outcome?.receiptIds.some(anyFailed) ?? false);
    };
    return hashes.some(anyFailed);
  }

  #relayer(): Actor {
    const { chain, gateId } = this.#options;
    const accountId = "foreign-relayer.near";
    const { seed, text } = this.#key("foreign relayer");
    if (chain.view().state().account(accountId) === undefined) {
      const nonce = chain.head.height * nonceRange;
      chain.intervene((state) => {
        state.setAccount(accountId, { amount: 1_000n * near, codeHash: noCode });
        state.setAccessKey(accountId, text, { nonce, permission: { kind: "fullAccess" } });
        setGateRelayer(contractStorage(state, gateId), accountId, true);
      });
    }
    return { accountId, seed };
  }

  #approver(): Actor {
    const { chain, gateId } = this.#options;
    const accountId = viewNow(chain, gateId, "get_approver") as string;
    const { seed, text } = this.#key("foreign approver");
    if (chain.view().state().accessKey(accountId, text) === undefined) {
      const nonce = chain.head.height * nonceRange;
      const permission = { kind: "fullAccess" } as const;
      chain.intervene((state) => state.setAccessKey(accountId, text, { nonce, permission }));
    }
    return { accountId, seed };
  }

  #key(name: string) {
    const seed = this.#options.keySeed(name);
    const publicKey = { curve: "ed25519", data: ed25519PublicKey(seed) } as const;
    return { seed, publicKey, text: formatKey(publicKey) };
  }

  #until<T>(ask: () => T | undefined): Promise<T> {
    return until(this.#options.chain, this.#options.closed, ask);
  }
}
