import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { Clock } from "@outlayer/kit";
import { ViewFailed } from "../../adapters/near/rpc-error.ts";
import { strings } from "../../core/chain/json.ts";
import { isLocked } from "../../core/checks/wallet.ts";
import { tokensOf } from "../../core/workflow/wallet-money.ts";
import { OperatorReadings, type OperatorSources } from "./gate-readings.ts";
import { once } from "./once.ts";

export interface WalletSources extends OperatorSources {
  readonly verifierId: string;
  readonly clock: Clock;
}

/** The same, with what the checks of a wallet's workflow look at. */
export class WalletReadings extends OperatorReadings {
  readonly wallet: WalletSources;

  constructor(sources: WalletSources, calls: readonly GateCall[]) {
    super(sources, calls);
    this.wallet = sources;
  }

  readonly near = once(async () => this.wallet.node.balance((await this.account()).accountId));
  /** Undefined where the wallet's account does not have its key on NEAR, or does not exist there. */
  readonly keyNonce = once(async () => {
    const { accountId, publicKey } = await this.account();
    return (await this.wallet.node.accessKey(accountId, publicKey))?.nonce;
  });

  /** Whether any step needs the wallet's signature in the verifier. */
  get hasIntents(): boolean {
    return this.calls.some(({ payload }) => payload.case === "intents");
  }

  readonly verifierAccount = once(async () => {
    const { accountId, publicKey } = await this.account();
    const about = { account_id: accountId };
    const [hasKey, lock] = await Promise.all([
      this.#view("has_public_key", { ...about, public_key: publicKey }),
      this.#lockView(about),
    ]);
    return { hasKey: hasKey === true, isLocked: isLocked(lock) };
  });

  /** Balances in the verifier of every token that the steps move. Raw units. */
  readonly balances = once(async (): Promise<ReadonlyMap<string, bigint>> => {
    const tokens = tokensOf(this.calls);
    if (tokens.length === 0) return new Map();
    const { accountId } = await this.account();
    const amounts = strings(await this.#view("mt_batch_balance_of", { account_id: accountId, token_ids: tokens }));
    return new Map(tokens.map((token, index) => [token, BigInt(amounts[index] ?? "0")]));
  });

  async #lockView(about: object): Promise<Parameters<typeof isLocked>[0]> {
    try {
      return { value: await this.#view("is_account_locked", about) };
    } catch (error) {
      if (error instanceof ViewFailed) return { failure: error.text };
      throw error;
    }
  }

  async #view(method: string, args: object): Promise<unknown> {
    return (await this.wallet.node.view(this.wallet.verifierId, method, args)).value;
  }
}
