import { type CallListener, DependencyWatch, type Logger, type Ports, type Watch } from "@outlayer/kit";
import { deriveAddress } from "./derive-address.ts";
import type { KeystoreHttp } from "./http.ts";
import { probeKeystore, probeWalletId } from "./probe.ts";
import { keystoreVerification, type Verification } from "./verification.ts";

/** How long it may take to answer a light call, milliseconds. */
const patienceMs = 2_000;

/** Calls the keystore. @param listener is told what comes of each call @param timeoutMs for each call; as usual without it */
export type Reach = (listener: CallListener, timeoutMs?: number) => KeystoreHttp;

export interface WatchedKeystore {
  readonly http: KeystoreHttp;
  readonly verification: Verification;
  /** How it stands; `away` as long as it is not known to be ours. Every method stands on it, so it is required. */
  readonly watch: Watch;
}

/** The keystore, as far as this service sees it. */
export function watchedKeystore(
  reach: Reach,
  { ports, logger }: { readonly ports: Pick<Ports, "clock" | "timers" | "random">; readonly logger: Logger },
): WatchedKeystore {
  const watch = new DependencyWatch({
    name: "keystore",
    required: true,
    // Nothing is asked of one that may be another: whether it is ours is being found out meanwhile.
    ask: async (signal, listener) => {
      if (verification.state === "ok") await deriveAddress(reach(listener, patienceMs), probeWalletId, signal);
    },
    ports,
    logger,
  });
  const http = reach(watch);
  const verification = keystoreVerification((signal) => probeKeystore(http, signal), { timers: ports.timers, logger });
  return {
    http,
    verification,
    watch: {
      get dependency() {
        const { state } = verification;
        return state === "ok" ? watch.dependency : ({ name: "keystore", state, required: true } as const);
      },
      start: () => watch.start(),
      stop: () => watch.stop(),
    },
  };
}
