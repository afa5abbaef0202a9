import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { Clients, ServiceName } from "@outlayer/kit";
import {
  authenticateWallet,
  type SessionCheck,
  vouchedCaller,
  type WalletCaller,
  type WalletCredentials,
} from "./wallet-auth.ts";

export interface WalletAccess {
  readonly credentials: WalletCredentials;
  readonly sessionCheck: SessionCheck;
  /** Services that may vouch for a wallet: they have checked its credentials, and pass on none. */
  readonly vouchedBy: readonly ServiceName[];
}

const walletKey = createContextKey<WalletCaller | undefined>(undefined);

/** Wallets as the clients of a service. */
export function walletClients({ credentials, sessionCheck, vouchedBy }: WalletAccess): Clients {
  return {
    authenticate(headers, caller, values) {
      const mayVouch = caller !== undefined && vouchedBy.includes(caller);
      const vouched = mayVouch ? vouchedCaller(headers) : undefined;
      const proven = vouched ?? authenticateWallet(headers, credentials, sessionCheck);
      if (!(proven instanceof Promise)) {
        values.set(walletKey, proven);
        return;
      }
      return proven.then((found) => {
        values.set(walletKey, found);
      });
    },
  };
}

/** The wallet that a call to a method for wallets acts for. */
export function walletCallerOf(values: ContextValues): WalletCaller {
  const caller = walletCallerIn(values);
  if (caller === undefined) throw new Error("not a method for wallets");
  return caller;
}

/** Like `walletCallerOf`; undefined for a call that acts for no wallet. */
export function walletCallerIn(values: ContextValues): WalletCaller | undefined {
  return values.get(walletKey);
}
