import { type ConfigReader, integer } from "@outlayer/kit";
import { quotaExceeded } from "./quota.ts";

/** A kind of resource that a wallet may hold in a process, up to its limit. */
export type WalletSlot = "requests_in_flight" | "long_polls" | "event_streams";

export type WalletSlotLimits = Readonly<Record<WalletSlot, number>>;

export const defaultWalletSlots: WalletSlotLimits = { requests_in_flight: 64, long_polls: 32, event_streams: 20 };

const most = 100_000;

/** `WALLET_REQUESTS_IN_FLIGHT`, `WALLET_LONG_POLLS`, `WALLET_EVENT_STREAMS`: limits per process. */
export function readWalletSlots(reader: ConfigReader): WalletSlotLimits {
  const limit = integer(1, most);
  return {
    requests_in_flight: reader.optional("WALLET_REQUESTS_IN_FLIGHT", limit, defaultWalletSlots.requests_in_flight),
    long_polls: reader.optional("WALLET_LONG_POLLS", limit, defaultWalletSlots.long_polls),
    event_streams: reader.optional("WALLET_EVENT_STREAMS", limit, defaultWalletSlots.event_streams),
  };
}

/** Seconds after which to try again: a slot of the same wallet has to become free first. */
const retryAfterSecs = 1;

const names: { readonly [S in WalletSlot]: string } = {
  requests_in_flight: "requests in flight",
  long_polls: "requests that wait",
  event_streams: "event streams",
};

/** Counts the slots that each wallet holds in this process, and refuses more than its limit. A wallet without slots takes no memory. */
export class WalletSlots {
  readonly #limits: WalletSlotLimits;
  /** By wallet. */
  readonly #taken: { readonly [S in WalletSlot]: Map<string, number> } = {
    requests_in_flight: new Map(),
    long_polls: new Map(),
    event_streams: new Map(),
  };

  constructor(limits: WalletSlotLimits) {
    this.#limits = limits;
  }

  /**
   * Takes a slot.
   * @returns a function that gives the slot back, once however often it is called
   * @throws Refusal ResourceExhausted, QUOTA_EXCEEDED
   */
  take(walletId: string, slot: WalletSlot): () => void {
    const wallets = this.#taken[slot];
    const taken = wallets.get(walletId) ?? 0;
    const limit = this.#limits[slot];
    if (taken >= limit) {
      const standing = { quota: slot, limit, remaining: 0, unit: "concurrent-requests", window: undefined } as const;
      const message = `the wallet has ${limit} ${names[slot]} here, which is its quota ${slot}`;
      throw quotaExceeded(message, { standing, retryAfterSecs });
    }
    wallets.set(walletId, taken + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (wallets.get(walletId) ?? 1) - 1;
      if (left === 0) wallets.delete(walletId);
      else wallets.set(walletId, left);
    };
  }

  /** Holds a slot while `run` runs. @throws as take */
  async during<T>(walletId: string, slot: WalletSlot, run: () => Promise<T>): Promise<T> {
    const giveBack = this.take(walletId, slot);
    try {
      return await run();
    } finally {
      giveBack();
    }
  }
}
