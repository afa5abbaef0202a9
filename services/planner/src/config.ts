import {
  accountId,
  type Gate,
  gateEntries,
  gatesReread,
  readDirectUserScopes,
  readGates,
  readServiceWalletId,
  readWalletCredentials,
  readWalletSlots,
  readWrappedNearId,
  type WalletCredentials,
  type WalletSlotLimits,
} from "@outlayer/access";
import {
  type CommonConfig,
  type ConfigReader,
  decimal,
  httpUrl,
  integer,
  list,
  Malformed,
  type Parse,
  readCommonConfig,
  readServiceUrl,
  text,
} from "@outlayer/kit";
import { parsePublicKey, transactionGas } from "@outlayer/near";
import type { DirectUserScope } from "@outlayer/workflow";
import type { AssignableGate } from "./core/assign-gate.ts";
import type { Limits } from "./core/facts.ts";
import type { OperatorCosts } from "./core/operator-bound.ts";

export interface PlannerConfig {
  readonly credentials: WalletCredentials;
  readonly limits: Limits;
  /** Reads the limits' gates anew; undefined where they stay. @throws ConfigError */
  readonly rereadGates: (() => readonly Gate[]) | undefined;
  /** The operator's costs of calls through the gate. */
  readonly costs: OperatorCosts;
  /** Waiting workflows beyond which a gate is busy: new ones go to another, where there is one that is not. */
  readonly gateBusyWorkflows: number;
  readonly slots: WalletSlotLimits;
  readonly directUserScopes: readonly DirectUserScope[];
  /** The network's name in NEAR's command line tool, which knows two. */
  readonly networkId: "mainnet" | "testnet";
  readonly quoteSources: QuoteSourcesConfig;
  /** The web wallet to which links lead, without a slash at its end; undefined: none. */
  readonly walletUrl: string | undefined;
}

/** Sources of quotes; undefined: not asked. */
export interface QuoteSourcesConfig {
  /** 1Click, by its URL without the path. */
  readonly oneClick: QuoteUpstream | undefined;
  /** The message bus, by its URL with the path. */
  readonly messageBus: QuoteUpstream | undefined;
}

export interface QuoteUpstream {
  readonly url: string;
  readonly token: string | undefined;
}

/** Gas units that the gate reserves for its callback; with less it cannot carry any chain. */
const leastCallbackGas = 200_000_000_000_000n;
/** Gas units that the callback needs for itself, and for the call that continues the chain. */
const callbackOverhead = 70_000_000_000_000n;
/** Gas units that NEAR lets a transaction attach at most, from protocol 83 on. */
const mostAttachedGas = 1_000_000_000_000_000n;
const mostYocto = 2n ** 128n - 1n;

const callbackGas: Parse<bigint> = (value) => {
  const gas = decimal(value);
  if (gas < leastCallbackGas) throw new Malformed(`must be at least ${leastCallbackGas}`);
  return gas;
};

/** MyNearWallet's, by network. */
const walletUrls: ReadonlyMap<string, string> = new Map([
  ["mainnet", "https://app.mynearwallet.com"],
  ["testnet", "https://testnet.mynearwallet.com"],
]);

/** Prices and addresses are believed only over TLS, or within the machine. */
const quoteUrl: Parse<string> = (value) => {
  const url = httpUrl(value);
  const { protocol, hostname, username, search, hash } = new URL(url);
  const isNear = hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
  if (protocol !== "https:" && !isNear) throw new Malformed("must be an https URL, or an http URL of this machine");
  if (username !== "" || search !== "" || hash !== "") throw new Malformed("must have no credentials and no query");
  return url;
};

const headerText: Parse<string> = (value) => {
  if (!/^[\x21-\x7e]{8,8192}$/.test(value))
    throw new Malformed("must be 8 to 8192 printable characters without spaces");
  return value;
};

/** Source: docs/counterparts/quotes.md. */
const publishedOneClickKey = "ed25519:reYaWhvwu8Jzo3WUM3zhn6VrhuMEF4eADL17qtRVifc";

const ed25519Key: Parse<string> = (value) => {
  try {
    parsePublicKey(value);
    return value;
  } catch {
    throw new Malformed("must be ed25519: and base58 of 32 bytes");
  }
};

const yocto: Parse<bigint> = (value) => {
  const amount = decimal(value);
  if (amount > mostYocto) throw new Malformed("must be below 2^128");
  return amount;
};

/** The planner's own configuration, whether or not it shares its process. Problems are collected in the reader. */
export function readPlannerConfig(reader: ConfigReader): PlannerConfig {
  const submitGas = reader.optional("SUBMIT_INTENT_GAS", decimal, 50_000_000_000_000n);
  const gateCallbackGas = reader.optional("GATE_CALLBACK_GAS", callbackGas, leastCallbackGas);
  // Undefined where the variable is malformed, which the reader has noted.
  if (submitGas !== undefined && gateCallbackGas !== undefined && submitGas + gateCallbackGas > mostAttachedGas) {
    reader.problem(`SUBMIT_INTENT_GAS and GATE_CALLBACK_GAS together must be at most ${mostAttachedGas}`);
  }
  const chainId = reader.optional("NEAR_CHAIN_ID", text, "mainnet");
  const credentials = readWalletCredentials(reader);
  const verifierId = reader.optional("VERIFIER_ID", accountId, "intents.near");
  // What is signed for the verifier must never be what is signed to sign in.
  if (verifierId !== undefined && credentials.sessions?.audience === verifierId) {
    reader.problem("SESSION_AUDIENCE must not be the verifier's account (VERIFIER_ID)");
  }
  const gates = readGates(reader);
  return {
    credentials,
    // Two transactions, and a whole fee: a call in a chain shares resume and fee; one that is resumed alone, or rejected, does not.
    costs: {
      ownGas: (submitGas ?? 0n) + 2n * transactionGas,
      callbackGas: gateCallbackGas ?? leastCallbackGas,
      feeYocto: dearestFee(gates),
    },
    rereadGates: gatesReread(reader, readGates),
    limits: {
      gates: gates.map(assignable),
      verifierId,
      carriesOwnPayloads: readServiceWalletId(reader) !== undefined,
      chainReceivers: reader.optional("GATE_CHAIN_RECEIVERS", list(accountId), []),
      wrappedNearId: readWrappedNearId(reader),
      oneClickKey: reader.optional("QUOTES_1CLICK_PUBLIC_KEY", ed25519Key, publishedOneClickKey),
      maxInnerGas: (gateCallbackGas ?? leastCallbackGas) - callbackOverhead,
      maxDepositYocto: reader.optional("GATE_MAX_DEPOSIT_YOCTO", yocto, 0n),
    },
    gateBusyWorkflows: reader.optional("GATE_BUSY_WORKFLOWS", integer(1, 1_000_000), 200),
    slots: readWalletSlots(reader),
    directUserScopes: readDirectUserScopes(reader),
    networkId: chainId === "testnet" ? "testnet" : "mainnet",
    quoteSources: {
      oneClick: readQuoteUpstream(reader, "QUOTES_1CLICK"),
      messageBus: readQuoteUpstream(reader, "QUOTES_BUS"),
    },
    walletUrl: reader.optional("WALLET_URL", httpUrl, walletUrls.get(chainId ?? "")),
  };
}

/** What assignment goes by. */
export function assignable({ gateId, weight, drain }: Gate): AssignableGate {
  return { gateId, weight, drain };
}

/** yoctoNEAR for a call, whichever gate carries it. */
export function dearestFee(gates: readonly Gate[]): bigint {
  return gates.reduce((most, { feeYocto }) => (feeYocto > most ? feeYocto : most), 0n);
}

function readQuoteUpstream(reader: ConfigReader, name: string): QuoteUpstream | undefined {
  const url = reader.optional(`${name}_URL`, quoteUrl, undefined);
  const token = reader.optionalSecret(`${name}_TOKEN`, headerText, undefined);
  if (url === undefined && token !== undefined) reader.problem(`${name}_TOKEN needs ${name}_URL`);
  return url === undefined ? undefined : { url, token };
}

/** Configuration of a planner in a process of its own. */
export interface PlannerProcessConfig extends PlannerConfig, CommonConfig {
  readonly signerProxyUrl: string;
  readonly broadcasterUrl: string;
  readonly evidenceUrl: string;
}

/** @throws ConfigError with every problem */
export function readPlannerProcessConfig(reader: ConfigReader): PlannerProcessConfig {
  refuseGateKeys(reader);
  const config = {
    ...readPlannerConfig(reader),
    rereadGates: gatesReread(reader, (again) => {
      refuseGateKeys(again);
      return readGates(again);
    }),
    ...readCommonConfig(reader, "planner"),
    signerProxyUrl: readServiceUrl(reader, "SIGNER_PROXY_URL"),
    broadcasterUrl: readServiceUrl(reader, "BROADCASTER_URL"),
    evidenceUrl: readServiceUrl(reader, "EVIDENCE_URL"),
  };
  reader.check();
  return config;
}

/** Only broadcasters sign for gates: no other process is to hold their keys. */
function refuseGateKeys(reader: ConfigReader): void {
  const entries = reader.optionalSecret("GATES_JSON", gateEntries, []) ?? [];
  const holdsKeys = entries.some(({ given }) =>
    [given.relayer, given.approver].some((one) => "secret_keys" in Object(one)),
  );
  if (holdsKeys) reader.problem("GATES_JSON must not hold secret_keys here: name secret_keys_file, or leave them out");
}
