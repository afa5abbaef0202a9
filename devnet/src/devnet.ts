import { BlockProducer, type BlockTime } from "./chain/block-producer.ts";
import { Chain } from "./chain/chain.ts";
import { calm, type Weather } from "./chain/weather.ts";
import { controlHandler } from "./control/control-handler.ts";
import { Controls } from "./control/controls.ts";
import { CallCounters } from "./control/counters.ts";
import { DevnetClock } from "./control/devnet-clock.ts";
import { FaultPlan } from "./control/faults.ts";
import { fetchInProcess } from "./control/fetch-in-process.ts";
import { type HttpHandler, listen } from "./control/http-server.ts";
import type { WalletInfo } from "./control/wallet-controls.ts";
import {
  accountNames,
  applyGenesis,
  defaultWallets,
  type GenesisOptions,
  gateAccounts,
  keySeed,
  secretKeyText,
} from "./genesis.ts";
import type { KeystoreChain } from "./keystore/endpoint.ts";
import { Keystore, tokenHash } from "./keystore/keystore.ts";
import { type Ports, systemPorts } from "./ports.ts";
import { forPages } from "./rpc/for-pages.ts";
import { RpcNode } from "./rpc/rpc-node.ts";

export interface DevnetOptions {
  readonly ports?: Ports;
  /** Milliseconds from block to block, or `"manual"`: blocks are made by hand only. 100 by default. */
  readonly blockTimeMs?: BlockTime;
  /** 0, the default, for free ports. */
  readonly rpcPort?: number;
  readonly keystorePort?: number;
  readonly controlPort?: number;
  /** false for no sockets: then the returned `fetch` reaches the three servers. */
  readonly listen?: boolean;
  /** Derives all keys; equal seeds give equal keys. */
  readonly seed?: string;
  /** The keystore's, 32 bytes; 0x07 each by default. */
  readonly masterSecret?: Uint8Array;
  readonly chainId?: string;
  /** Blocks for which a transaction may refer to a block hash, 86,400 by default. */
  readonly validityPeriod?: bigint;
  /** Number of newest blocks whose state can be read, 500 by default. */
  readonly historyBlocks?: number;
  /** Over which the accounts are scattered by the seed: 1, the default, to 9. */
  readonly shards?: number;
  /** How unkind the chain is, by the seed; not at all by default. */
  readonly weather?: Partial<Omit<Weather, "seed">>;
  readonly genesis?: GenesisOptions;
}

/** An account and a full access key of it, `ed25519:` and base58 of private and public key. */
export interface AccountSecret {
  readonly accountId: string;
  readonly secretKey: string;
}

/** A gate with the accounts that it lets hand in and resume. */
export interface DevnetGate {
  readonly gateId: string;
  readonly relayer: AccountSecret;
  readonly approver: AccountSecret;
}

export interface Devnet {
  readonly rpcUrl: string;
  readonly keystoreUrl: string;
  readonly controlUrl: string;
  readonly keystoreToken: string;
  readonly chainId: string;
  readonly relayer: AccountSecret;
  readonly approver: AccountSecret;
  readonly gateId: string;
  /** All gates, the one above first. */
  readonly gates: readonly DevnetGate[];
  readonly verifierId: string;
  readonly wallets: readonly WalletInfo[];
  /** The named accounts of the genesis. */
  readonly accounts: readonly AccountSecret[];
  readonly chain: Chain;
  readonly controls: Controls;
  /** Reaches the three URLs without a socket; the global `fetch` where they listen. */
  readonly fetch: typeof fetch;
  /** The full access key of an account of the genesis. */
  secretKey(accountId: string): string;
  /** Stops block production, ends pending waits, and frees the ports. */
  close(): Promise<void>;
}

interface Servers {
  readonly rpc: HttpHandler;
  readonly keystore: HttpHandler;
  readonly control: HttpHandler;
}

const defaultSeed = "devnet";

/** Blocks made right after the genesis, so that there is a final one with a usual header. */
const firstBlocks = 3;

/** Starts a chain, its RPC, a keystore and the control API, on loopback. */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const { ports = systemPorts, seed = defaultSeed, blockTimeMs = 100 } = options;
  const clock = new DevnetClock(ports);
  const chain = newChain(options, clock);
  const faults = new FaultPlan();
  const counters = new CallCounters();
  const rpc = new RpcNode({ chain, ports, faults, counters });
  const keystoreToken = `devnet-keystore-${tokenHash(`keystore token ${seed}`).slice(0, 16)}`;
  const keystore = new Keystore({
    ports,
    now: clock.now,
    faults,
    counters,
    chain: ownRpc(chain, rpc),
    masterSecret: options.masterSecret ?? new Uint8Array(32).fill(7),
    tokenHashes: [tokenHash(keystoreToken)],
  });
  applyGenesis(chain, seed, (walletId) => keystore.walletKey(walletId), options.genesis);
  const walletGenesis = options.genesis?.wallets ?? defaultWallets;
  for (const { walletId, policy } of walletGenesis) keystore.setPolicy(walletId, policy);
  for (let made = 0; made < firstBlocks; made += 1) chain.mine();

  const closing = new AbortController();
  const producer = new BlockProducer(chain, ports, blockTimeMs);
  const controls = new Controls({
    chain,
    producer,
    clock,
    rpc,
    keystore,
    faults,
    counters,
    gateId: accountNames.gate,
    verifierId: accountNames.verifier,
    verifierAdminId: accountNames.owner,
    registerId: accountNames.register,
    keySeed: (name) => keySeed(seed, name),
    closed: closing.signal,
  });
  const secretKey = (accountId: string) => secretKeyText(keySeed(seed, accountId));
  const withSecret = (accountId: string): AccountSecret => ({ accountId, secretKey: secretKey(accountId) });
  const gates = gateAccounts(options.genesis?.gates ?? 1);
  const others = gates.slice(1).flatMap(({ gate, relayer, approver }) => [gate, relayer, approver]);
  const about = {
    keystoreToken,
    chainId: chain.chainId,
    relayer: withSecret(accountNames.relayer),
    approver: withSecret(accountNames.approver),
    accounts: [...Object.values(accountNames), ...others].map(withSecret),
    gateId: accountNames.gate,
    gates: gates.map(({ gate, relayer, approver }) => {
      return { gateId: gate, relayer: withSecret(relayer), approver: withSecret(approver) };
    }),
    verifierId: accountNames.verifier,
    wallets: walletGenesis.map(({ walletId }): WalletInfo => {
      const { accountId, publicKey } = controls.wallets.get(walletId);
      return { walletId, accountId, publicKey };
    }),
  };
  const handlers = { rpc: forPages(rpc.handle), keystore: keystore.handle, control: controlHandler(controls, chain) };
  const served = await serve(handlers, options);
  return {
    ...about,
    ...served.urls,
    chain,
    controls,
    fetch: served.fetch,
    secretKey,
    async close() {
      producer.stop();
      closing.abort();
      rpc.close();
      faults.close();
      await served.close();
    },
  };
}

function newChain(options: DevnetOptions, clock: DevnetClock): Chain {
  const { chainId, validityPeriod, historyBlocks, shards, weather, seed = defaultSeed } = options;
  return new Chain({
    now: clock.now,
    seed,
    rules: { weather: { ...calm, ...weather, seed } },
    ...(shards === undefined ? {} : { shards }),
    ...(chainId === undefined ? {} : { chainId }),
    ...(validityPeriod === undefined ? {} : { validityPeriod }),
    ...(historyBlocks === undefined ? {} : { historyBlocks }),
  });
}

interface Served {
  readonly urls: Pick<Devnet, "rpcUrl" | "keystoreUrl" | "controlUrl">;
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

async function serve({ rpc, keystore, control }: Servers, options: DevnetOptions): Promise<Served> {
  if (options.listen === false) {
    const urls = {
      rpcUrl: "http://rpc.devnet.invalid",
      keystoreUrl: "http://keystore.devnet.invalid",
      controlUrl: "http://control.devnet.invalid",
    };
    const handlers = { [urls.rpcUrl]: rpc, [urls.keystoreUrl]: keystore, [urls.controlUrl]: control };
    return { urls, fetch: fetchInProcess(handlers), close: async () => {} };
  }
  const { rpcPort = 0, keystorePort = 0, controlPort = 0 } = options;
  const started = await Promise.allSettled([
    listen(rpc, rpcPort),
    listen(keystore, keystorePort),
    listen(control, controlPort),
  ]);
  const listeners = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const close = async () => {
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  const [atRpc, atKeystore, atControl] = listeners;
  if (atRpc === undefined || atKeystore === undefined || atControl === undefined) {
    await close();
    throw started.find((one) => one.status === "rejected")?.reason;
  }
  const urls = { rpcUrl: atRpc.url, keystoreUrl: atKeystore.url, controlUrl: atControl.url };
  return { urls, fetch: globalThis.fetch, close };
}

/** The RPC as the keystore uses it: it shares the node's outages. */
function ownRpc(chain: Chain, rpc: RpcNode): KeystoreChain {
  const view = () => {
    if (rpc.isAway) throw new Error("error sending request: connection reset");
    return chain.view();
  };
  return {
    async accessKeyNonce(accountId, publicKey) {
      const key = view().state().accessKey(accountId, publicKey);
      if (key === undefined) throw new Error(`access key ${publicKey} does not exist while viewing`);
      return key.nonce;
    },
    finalBlockHash: async () => view().final().hash,
  };
}
