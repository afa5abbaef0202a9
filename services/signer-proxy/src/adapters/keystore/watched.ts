import { type CallListener, DependencyWatch, type Logger, type Ports, type Watch } from "@outlayer/kit";
import { deriveAddress } from "./derive-address.ts";
import type { KeystoreHttp } from "./http.ts";
import { probeKeystore, probeWalletId } from "./probe.ts";
import { keystoreVerification, type Verification } from "./verification.ts";

/** Time limit of a probe, milliseconds. */
const patienceMs = 2_000;

/** Makes a client. @param listener is told the outcome of each call @param timeoutMs of each call; `callTimeoutMs` without it */
export type ConnectKeystore = (listener: CallListener, timeoutMs?: number) => KeystoreHttp;

export interface WatchedKeystore {
  readonly http: KeystoreHttp;
  readonly verification: Verification;
  /** Its state; `away` until it is known to be the keystore that we know. Every method needs it, so it is required. */
  readonly watch: Watch;
}

/** The keystore as a dependency of this service. */
export function watchedKeystore(
  reach: ConnectKeystore,
  { ports, logger }: { readonly ports: Pick<Ports, "clock" | "timers" | "random">; readonly logger: Logger },
): WatchedKeystore {
  const watch = new DependencyWatch({
    name: "keystore",
    required: true,
    // An unverified keystore is not probed; the verification runs in the background.
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
