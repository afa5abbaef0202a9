import type { Keystore } from "../../core/keystore.ts";
import { checkPolicy } from "./check-policy.ts";
import { deriveAddress } from "./derive-address.ts";
import type { KeystoreHttp } from "./http.ts";
import { prepareScopedKey } from "./prepare-scoped-key.ts";
import { signDelegate } from "./sign-delegate.ts";
import { signNep413 } from "./sign-nep413.ts";
import { signScopedCall } from "./sign-scoped-call.ts";

/** The keystore, where every call first waits for `verified`. */
export function verifiedKeystore(http: KeystoreHttp, verified: () => Promise<void>): Keystore {
  return {
    async deriveAddress(walletId, signal) {
      await verified();
      return deriveAddress(http, walletId, signal);
    },
    async checkPolicy(walletId, action, signal) {
      await verified();
      return checkPolicy(http, walletId, action, signal);
    },
    async signNep413(request, signal) {
      await verified();
      return signNep413(http, request, signal);
    },
    async signDelegate(request, signal) {
      await verified();
      return signDelegate(http, request, signal);
    },
    async prepareScopedKey(request, signal) {
      await verified();
      return prepareScopedKey(http, request, signal);
    },
    async signScopedCall(request, signal) {
      await verified();
      return signScopedCall(http, request, signal);
    },
  };
}
