import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { createLogger, inMemoryTransport, systemPorts } from "@outlayer/kit";
import { counterScope } from "@outlayer/workflow";
import { type VirtualTime, virtualTime } from "../../../../packages/kit/test/support/virtual-time.ts";
import type { SignerProxyConfig } from "../../src/config.ts";
import { defaultActionTypes } from "../../src/core/action-types.ts";
import { createSignerProxy } from "../../src/service.ts";
import { startMs, usageSecret } from "./evidence-word.ts";
import { keystoreToken, type ScriptedKeystore, startScriptedKeystore } from "./scripted-keystore.ts";
import { vouchedFor } from "./vouched.ts";

export const grantSecret = "grant-secret-0123456789abcdef0123456789";

export { startMs };

export interface TestProxy {
  /** With evidence's word for whatever usage a test names, and for all that was allowed; with terms for every step. */
  readonly client: Client<typeof SignerProxyService>;
  /** Asks what a test says, and nothing beside it. */
  readonly bare: Client<typeof SignerProxyService>;
  readonly keystore: ScriptedKeystore;
  readonly time: VirtualTime;
  /** Every log line so far. */
  readonly logs: readonly string[];
  /** Resolves once a line with this text is in the log. */
  logged(text: string): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ProxyOptions {
  readonly config?: Partial<SignerProxyConfig>;
  /** Runs before the proxy starts, which then does not wait for the keystore to be verified. */
  readonly prepare?: (keystore: ScriptedKeystore) => void;
}

export function configFor(keystoreUrl: string): SignerProxyConfig {
  return {
    keystoreUrl,
    keystoreAuthToken: keystoreToken,
    verifierId: "intents.near",
    actionTypes: defaultActionTypes,
    wrappedNearId: "wrap.near",
    swapTo: "counterparty",
    serviceWalletId: undefined,
    directUserScopes: [counterScope],
    grantSecret,
    usageSecret,
  };
}

/** Any free ports. */
export const freeBinds = { grpcBind: { host: "127.0.0.1", port: 0 }, httpBind: { host: "127.0.0.1", port: 0 } };

/** The service on virtual time beside a scripted keystore, called in memory through all its guards. */
export async function startProxy({ config = {}, prepare }: ProxyOptions = {}): Promise<TestProxy> {
  const keystore = await startScriptedKeystore();
  prepare?.(keystore);
  const time = virtualTime(startMs);
  const logs: string[] = [];
  let watchers: { readonly text: string; readonly resolve: () => void }[] = [];
  const logger = createLogger("signer-proxy", "trace", {
    write(line) {
      logs.push(line);
      for (const watcher of watchers.filter((one) => line.includes(one.text))) watcher.resolve();
      watchers = watchers.filter((one) => !line.includes(one.text));
    },
  });
  const service = createSignerProxy(
    { ...configFor(keystore.url), ...config },
    { ports: { ...time, random: systemPorts().random }, logger },
  );
  await service.start();
  const guards = { logger, serviceToken: undefined };
  const logged = (text: string): Promise<void> => {
    if (logs.some((line) => line.includes(text))) return Promise.resolve();
    return new Promise((resolve) => watchers.push({ text, resolve }));
  };
  if (prepare === undefined) await logged("keystore verified");
  const bare = createClient(SignerProxyService, inMemoryTransport(service.routes, guards, "broadcaster"));
  return {
    client: vouchedFor(bare, () => time.clock.now()),
    bare,
    keystore,
    time,
    logs,
    logged,
    stop: () => service.stop(),
    async [Symbol.asyncDispose]() {
      await service.stop();
      await keystore[Symbol.asyncDispose]();
    },
  };
}

/** The error that a call ends with. */
export async function failure(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("the call succeeded");
}

/** Reason of the ErrorInfo that an error carries. */
export function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.reason;
}
