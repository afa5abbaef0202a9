import type { Chain } from "./chain/chain.ts";
import { contractStorage, noCode, nonceRange, type State } from "./chain/state.ts";
import type { Contract, Storage } from "./contract.ts";
import {
  createCounter,
  createGate,
  createHostile,
  createMultiToken,
  createNft,
  createReceiver,
  createRegister,
  createToken,
  createVerifier,
  createWrappedNear,
  creditToken,
  creditVerifier,
  type FeeTier,
  initGate,
  initToken,
  initVerifier,
  registerInCollection,
} from "./contracts/index.ts";
import { encodeBase58 } from "./crypto/base58.ts";
import { ed25519PublicKey } from "./crypto/ed25519.ts";
import { sha256 } from "./crypto/hash.ts";
import { formatKey } from "./crypto/keys.ts";
import { type DerivedKey, implicitAccount } from "./keystore/derivation.ts";
import type { PolicyDocument } from "./keystore/policy.ts";

const near = 10n ** 24n;

/** Names of the well-known accounts. */
export const accountNames = {
  gate: "gate.sequential.near",
  relayer: "relayer.sequential.near",
  approver: "approver.sequential.near",
  owner: "sequential.near",
  verifier: "intents.near",
  wrap: "wrap.near",
  usdc: "usdc.near",
  counter: "count.mike.near",
  user: "mike.near",
  register: "register.near",
  hostile: "hostile.near",
  art: "art.near",
  items: "items.near",
  receiver: "receiver.near",
} as const;

/** A gate contract, and the accounts that it lets hand in and resume. */
export interface GateAccounts {
  readonly gate: string;
  readonly relayer: string;
  readonly approver: string;
}

/** The accounts of the first gates: those of the first have the well-known names, the others' have a number. */
export function gateAccounts(count: number): readonly GateAccounts[] {
  return Array.from({ length: count }, (_, index) => {
    const named = (name: string) => (index === 0 ? name : name.replace(".", `-${index + 1}.`));
    const { gate, relayer, approver } = accountNames;
    return { gate: named(gate), relayer: named(relayer), approver: named(approver) };
  });
}

/** A wallet of the keystore that exists on chain from the start. */
export interface WalletGenesis {
  readonly walletId: string;
  readonly policy?: PolicyDocument;
  /** Raw units in the verifier, by token contract. */
  readonly tokens?: Readonly<Record<string, bigint>>;
  /** Balance of its implicit account, in yocto. */
  readonly balanceYocto?: bigint;
}

export interface GenesisOptions {
  /** Instead of `wallet-1` to `wallet-3`. */
  readonly wallets?: readonly WalletGenesis[];
  /** Balances in yocto by account, in addition to the default ones or instead. */
  readonly balances?: Readonly<Record<string, bigint>>;
  /** Number of gates, 1 by default. */
  readonly gates?: number;
  readonly feeTiers?: readonly FeeTier[];
  /** Millionths that the verifier takes of swaps. */
  readonly verifierFeePips?: number;
}

/** Each wallet's tokens in the verifier, in raw units: 100 wNEAR and 1,000 USDC. */
const walletTokens = { [accountNames.wrap]: 100n * near, [accountNames.usdc]: 1_000n * 10n ** 6n };

const limitedPolicy: PolicyDocument = {
  rules: {
    transaction_types: ["transfer", "call", "intents_withdraw", "intents_swap", "intents_deposit"],
    limits: {
      per_transaction: {
        "nep141:wrap.near": `${10n * near}`,
        "nep141:usdc.near": `${100n * 10n ** 6n}`,
        native: `${near}`,
      },
      daily: { "nep141:wrap.near": `${20n * near}`, "nep141:usdc.near": `${200n * 10n ** 6n}` },
    },
    rate_limit: { max_per_hour: 100 },
  },
};

export const defaultWallets: readonly WalletGenesis[] = [
  { walletId: "wallet-1" },
  { walletId: "wallet-2" },
  { walletId: "wallet-3", policy: limitedPolicy },
];

const balances: Readonly<Record<string, bigint>> = {
  [accountNames.owner]: 100n * near,
  [accountNames.verifier]: 100n * near,
  [accountNames.wrap]: 100n * near,
  [accountNames.usdc]: 10n * near,
  [accountNames.counter]: 10n * near,
  [accountNames.user]: 100n * near,
  [accountNames.register]: 10n * near,
  [accountNames.hostile]: 10n * near,
  [accountNames.art]: 10n * near,
  [accountNames.items]: 10n * near,
  [accountNames.receiver]: 10n * near,
};

/** A private key of 32 bytes for a name, derived from the devnet's seed and so public with it. */
export function keySeed(seed: string, name: string): Uint8Array {
  return sha256(Buffer.from(`outlayer devnet key ${seed} ${name}`));
}

/** `ed25519:` and base58 of the private key and the public key after it, as wallets and CLIs write it. */
export function secretKeyText(privateKey: Uint8Array): string {
  return `ed25519:${encodeBase58(Buffer.concat([privateKey, ed25519PublicKey(privateKey)]))}`;
}

/**
 * Puts accounts, contracts and wallets on a new chain.
 * @param seed of the accounts' keys
 * @param walletKey the keystore's own derivation
 */
export function applyGenesis(
  chain: Chain,
  seed: string,
  walletKey: (walletId: string) => DerivedKey,
  options: GenesisOptions = {},
): void {
  const { wallets = defaultWallets } = options;
  const nonce = chain.head.height * nonceRange;
  chain.intervene((state) => {
    const gates = gateAccounts(options.gates ?? 1).flatMap(({ gate, relayer, approver }) => [
      [gate, 10n * near] as const,
      [relayer, 1_000n * near] as const,
      [approver, 1_000n * near] as const,
    ]);
    for (const [id, amount] of Object.entries({ ...Object.fromEntries(gates), ...balances, ...options.balances })) {
      addAccount(state, id, amount, publicKeyOf(keySeed(seed, id)), nonce);
    }
    addContracts(state, options);
    for (const wallet of wallets) addWallet(state, wallet, walletKey(wallet.walletId), nonce);
  });
}

function addContracts(state: State, { gates = 1, feeTiers, verifierFeePips = 1 }: GenesisOptions): void {
  const { owner, verifier, wrap, usdc, counter, register, hostile, art, items, receiver } = accountNames;
  for (const { gate, relayer, approver } of gateAccounts(gates)) {
    deploy(state, gate, createGate(), (storage) => {
      const tiers = feeTiers === undefined ? {} : { feeTiers };
      initGate(storage, { ownerId: owner, approverId: approver, relayerIds: [relayer], ...tiers });
    });
  }
  deploy(state, verifier, createVerifier(), (storage) => {
    initVerifier(storage, {
      feePips: verifierFeePips,
      feeCollectorId: owner,
      wrappedNearId: wrap,
      salt: "252812b3",
      roles: { DAO: [owner] },
    });
  });
  deploy(state, wrap, createWrappedNear(), (storage) => {
    initToken(storage, {
      name: "Wrapped NEAR fungible token",
      symbol: "wNEAR",
      decimals: 24,
      balances: { [verifier]: 0n, [receiver]: 0n },
    });
  });
  deploy(state, usdc, createToken(), (storage) => {
    initToken(storage, { name: "USDC", symbol: "USDC", decimals: 6, balances: { [verifier]: 0n } });
  });
  deploy(state, counter, createCounter());
  deploy(state, register, createRegister());
  deploy(state, hostile, createHostile());
  for (const [id, collection] of [
    [art, createNft()],
    [items, createMultiToken()],
  ] as const) {
    deploy(state, id, collection, (storage) => {
      for (const holder of [verifier, receiver]) registerInCollection(storage, holder);
    });
  }
  deploy(state, receiver, createReceiver());
}

function addWallet(state: State, wallet: WalletGenesis, key: DerivedKey, nonce: bigint): void {
  const id = implicitAccount(key);
  const { verifier, wrap } = accountNames;
  addAccount(state, id, wallet.balanceYocto ?? 10n * near, key.publicKey, nonce);
  for (const [token, amount] of Object.entries(wallet.tokens ?? walletTokens)) {
    if (amount === 0n) continue;
    creditVerifier(contractStorage(state, verifier), id, `nep141:${token}`, amount);
    creditToken(contractStorage(state, token), verifier, amount);
    if (token === wrap) state.addBalance(wrap, amount);
  }
}

function addAccount(state: State, id: string, amount: bigint, publicKey: string, nonce: bigint): void {
  state.setAccount(id, { amount, codeHash: noCode });
  state.setAccessKey(id, publicKey, { nonce, permission: { kind: "fullAccess" } });
}

function deploy(state: State, id: string, contract: Contract, initialize: (storage: Storage) => void = () => {}): void {
  const amount = state.account(id)?.amount ?? 0n;
  state.setAccount(id, { amount, codeHash: contract.codeHash });
  state.setContract(id, contract);
  initialize(contractStorage(state, id));
}

function publicKeyOf(privateKey: Uint8Array): string {
  return formatKey({ curve: "ed25519", data: ed25519PublicKey(privateKey) });
}
