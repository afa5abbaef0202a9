import type { Transport } from "@connectrpc/connect";
import { deadline, type Logger, type Ports } from "@outlayer/kit";
import type { KeyPair } from "@outlayer/near";
import { RpcClient } from "./adapters/near/rpc-client.ts";
import { RpcNearNode } from "./adapters/near/rpc-near-node.ts";
import { SignerClient } from "./adapters/signer-proxy/signer-client.ts";
import type { GateConfig, OperatorKeys } from "./config.ts";
import { clockAheadMs } from "./core/checks/clock.ts";
import { judgeTail } from "./core/gate/tail.ts";
import { KeyRing } from "./shell/chain/signing-key.ts";
import { gateOnlyChecks, operatorChecks } from "./shell/checks/check-lists.ts";
import { anyRun, GateReadings, type GateSources, OperatorReadings } from "./shell/checks/gate-readings.ts";
import { keysSeen } from "./shell/checks/keys-seen.ts";
import { type PreflightInit, runChecks } from "./shell/checks/run-checks.ts";
import { GateReader } from "./shell/gate/gate-reader.ts";

/** Time limit of the whole preflight, milliseconds. */
const patienceMs = 20_000;

/** An arbitrary wallet id: the keystore is ready if it derives an account for any wallet. */
const anyWallet = "preflight";

export interface OutsideCheckDeps {
  readonly ports: Ports;
  readonly logger: Logger;
  /** Undefined: the keystore is not checked. */
  readonly signerProxy: Transport | undefined;
  /** Keys that the product would sign with; none: any key of the account counts. */
  readonly keys: OperatorKeys;
}

/**
 * Checks gate and operator from outside, beside a running product or without one. Which chain and which pending intents are
 * the product's cannot be told from here: they count as others'.
 */
export async function checkFromOutside(
  config: GateConfig,
  { ports, logger, signerProxy, keys }: OutsideCheckDeps,
): Promise<PreflightInit & { readonly ready: boolean }> {
  const node = new RpcNearNode(new RpcClient({ urls: config.rpcUrls, chainId: config.chainId }, ports, logger));
  const gate = new GateReader(config.gateId, node, ports.clock);
  const { signal, done } = deadline(ports.timers, patienceMs);
  const keysOf = async (accountId: string, own: readonly KeyPair[]) =>
    own.length > 0
      ? keysSeen(new KeyRing(accountId, own, { node, follower: { heads: undefined }, logger }))
      : { wanted: "any key", found: (await node.accessKeys(accountId)).map(({ permission }) => permission) };
  const sources: GateSources = {
    config,
    node,
    gate,
    head: () => node.block({ finality: "final" }),
    async clockAheadMs() {
      const askedAtMs = ports.clock.now();
      return clockAheadMs(await node.block({ finality: "optimistic" }), { atMs: askedAtMs }, ports.clock.now());
    },
    isOurs: () => false,
    relayerKeys: () => keysOf(config.relayerId, keys.relayer),
    approverKeys: () => keysOf(config.approverId, keys.approver),
    async tail() {
      const seen = await gate.tail();
      return { tail: seen.tail, holder: judgeTail(seen, { tail: seen.tail, sinceHead: 0 }, 0) };
    },
  };
  try {
    if (signerProxy === undefined) {
      return await runChecks(gateOnlyChecks, new GateReadings(sources, anyRun), { signal, logger });
    }
    const signer = new SignerClient(signerProxy);
    const account = () => signer.freshAccount(anyWallet, signal);
    const readings = new OperatorReadings({ ...sources, account }, anyRun);
    return await runChecks(operatorChecks, readings, { signal, logger });
  } finally {
    done();
  }
}
