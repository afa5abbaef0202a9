import type { Clock } from "@outlayer/kit";
import { decodeBase64 } from "@outlayer/near";
import { strings } from "../../core/chain/json.ts";
import { isViewMissing } from "../../core/chain/panic-text.ts";
import { ownPayloadsOf } from "../../core/checks/own-payloads.ts";
import type { CallTarget } from "../../core/checks/receivers.ts";
import { ViewFailed } from "../../core/ports/near-node.ts";
import { delegateSignerOf } from "../../core/workflow/state.ts";
import { tokensOf } from "../../core/workflow/wallet-money.ts";
import { OperatorReadings, type OperatorSources, type Run } from "./gate-readings.ts";
import { once } from "./once.ts";
import { PayloadViews } from "./payload-facts.ts";

export interface WalletSources extends OperatorSources {
  readonly verifierId: string;
  readonly wrappedNearId: string;
  readonly clock: Clock;
}

/**
 * Blocks for which admissions share readings of a wallet's key and lock in the verifier, and of receivers: NEAR and the verifier
 * look at all of them again. After a failure on chain everything is read anew.
 */
const accountBlocks = 300;

/** The same for the wallet's key on NEAR: its nonce only rises, and a new key begins above everything that is signed here. */
const keyBlocks = 1_000;

/** Readings of gate and operator, and those for the checks of a wallet's workflow. */
export class WalletReadings extends OperatorReadings {
  readonly wallet: WalletSources;

  constructor(sources: WalletSources, run: Run) {
    super(sources, run);
    this.wallet = sources;
  }

  readonly near = once(async () => this.wallet.node.balance((await this.account()).accountId));
  /** Nonce on NEAR of the key that signs delegates; undefined where the account lacks the key, or does not exist. */
  readonly keyNonce = once(async () => {
    const { accountId, publicKey } = delegateSignerOf(await this.account());
    const key = await this.keep(`access key of ${accountId}`, keyBlocks, () =>
      this.wallet.node.accessKey(accountId, publicKey),
    );
    return key?.nonce;
  });

  /**
   * What the steps' calls would meet at their receivers, by receiver, in the order of the steps. Without the verifier where steps have
   * payloads for it: it answers the checks of these.
   */
  readonly receivers = once(async (): Promise<ReadonlyMap<string, CallTarget>> => {
    const others = this.calls.filter(({ payload }) => payload.case !== "intents");
    const ids = [...new Set(others.map(({ receiverId }) => receiverId))];
    const standings = ids.map(async (id) => {
      return [id, await this.keep(`target ${id}`, accountBlocks, () => this.wallet.node.callTarget(id))] as const;
    });
    return new Map(await Promise.all(standings));
  });

  /** Whether any step needs the wallet's signature in the verifier. */
  get hasIntents(): boolean {
    return this.calls.some(({ payload }) => payload.case === "intents");
  }

  readonly verifierAccount = once(async () => {
    const { accountId, publicKey } = await this.account();
    const about = { account_id: accountId };
    return this.keep(`verifier's account ${accountId}`, accountBlocks, async () => {
      const [hasKey, lock] = await Promise.all([
        this.#view("has_public_key", { ...about, public_key: publicKey }),
        this.#lockView(about),
      ]);
      return { hasKey: hasKey === true, isLocked: lock === true };
    });
  });

  /** What the verifier says of the payloads that a session's account has signed itself, in their order. */
  readonly ownPayloads = once(async () => {
    const views = new PayloadViews(this.wallet.node, this.wallet.verifierId);
    return Promise.all(
      ownPayloadsOf(this.calls).map(({ payload: { signerId, publicKey, nonce } }) =>
        views.factsOf({ accountId: signerId, publicKey, nonce: decodeBase64(nonce) }),
      ),
    );
  });

  /** Balances in the verifier of every token that the steps move. Raw units. */
  readonly balances = once(async (): Promise<ReadonlyMap<string, bigint>> => {
    const tokens = tokensOf(this.calls, this.wallet.wrappedNearId);
    if (tokens.length === 0) return new Map();
    const { accountId } = await this.account();
    const amounts = strings(await this.#view("mt_batch_balance_of", { account_id: accountId, token_ids: tokens }));
    return new Map(tokens.map((token, index) => [token, BigInt(amounts[index] ?? "0")]));
  });

  /** Whether the account is locked; a verifier without the view has no locks. */
  async #lockView(about: object): Promise<unknown> {
    try {
      return await this.#view("is_account_locked", about);
    } catch (error) {
      if (error instanceof ViewFailed && isViewMissing(error.text)) return false;
      throw error;
    }
  }

  async #view(method: string, args: object): Promise<unknown> {
    return (await this.wallet.node.view(this.wallet.verifierId, method, args)).value;
  }
}
