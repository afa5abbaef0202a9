import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { deadline, type Timers, unavailable } from "@outlayer/kit";
import type { DirectUserKeys } from "../core/ports.ts";
import { isAway } from "./is-away.ts";

/** Time limit of calls to signer-proxy and the broadcaster, milliseconds. */
const patienceMs = 10_000;

/** Derives users' keys through signer-proxy, and looks them up on the chain through the broadcaster. */
export function directUserKeys(transports: {
  readonly signerProxy: Transport;
  readonly broadcaster: Transport;
  readonly timers: Timers;
}): DirectUserKeys {
  const signer = createClient(SignerProxyService, transports.signerProxy);
  const chain = createClient(BroadcasterService, transports.broadcaster);
  const within = async <T>(signal: AbortSignal, what: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const limit = deadline(transports.timers, patienceMs, signal);
    try {
      return await ask(limit.signal);
    } catch (error) {
      const refused = error instanceof ConnectError && error.code === Code.FailedPrecondition;
      // A refusal of the keystore may come from its set-up: all that a caller can do is to try again.
      if (isAway(error) || refused) throw unavailable(`${what} is not to be had now: try again`);
      throw error;
    } finally {
      limit.done();
    }
  };
  const written = <S extends { readonly methodNames: readonly string[] }>(scope: S) => ({
    ...scope,
    methodNames: [...scope.methodNames],
  });
  return {
    derive: (walletId, scope, signal) =>
      within(signal, "the key", (limited) =>
        signer.prepareDirectUserKey({ walletId, scope: written(scope) }, { signal: limited }),
      ),
    find: (scope, publicKey, signal) =>
      within(signal, "the key's status on NEAR", (limited) =>
        chain.getDirectUserKey({ scope: written(scope), publicKey }, { signal: limited }),
      ),
  };
}
