import {
  accountId,
  gatesReread,
  namesGates,
  readFirstGateId,
  readWrappedNearId,
  usualFeeYocto,
} from "@outlayer/access";
import {
  type CommonConfig,
  type ConfigReader,
  decimal,
  httpUrl,
  integer,
  list,
  Malformed,
  type NatsConfig,
  type Parse,
  readCommonConfig,
  readNatsConfig,
  readServiceUrl,
  text,
} from "@outlayer/kit";
import type { KeyPair } from "@outlayer/near";
import { runsWithin } from "./core/workflow/in-time.ts";
import { type OperatedGate, operatedGates, usualMaxFeeYocto } from "./gates.ts";
import { secretKey, sha256Base58 } from "./parse.ts";

/** What all gates have in common. Amounts in yoctoNEAR, gas in gas units, times in milliseconds. */
export interface CommonDriverConfig {
  readonly verifierId: string;
  /** The wNEAR contract, whose tokens the verifier burns for intents that pay NEAR. */
  readonly wrappedNearId: string;
  readonly rpcUrls: readonly string[];
  /** Nodes that keep everything, asked for what the others have forgotten; none: what is forgotten stays unknown. */
  readonly archivalRpcUrls: readonly string[];
  readonly chainId: string;
  readonly submitIntentGas: bigint;
  readonly gateCallbackGas: bigint;
  readonly resumeBatchGas: bigint;
  readonly delegateValidityBlocks: number;
  readonly intentsDeadlineMs: number;
  readonly pollTimeoutMs: number;
  readonly pollIntervalMs: number;
  /** Time limit for a view of a contract of a caller's choice. */
  readonly viewTimeoutMs: number;
  readonly queueTimeoutMs: number;
  /** Term of a lease: the longest that a broadcaster that has died delays the others. */
  readonly leaseMs: number;
  /** Longest wait for the gate, in blocks, before workflows that allow it go on step by step. Undefined: no limit. */
  readonly gateOverflowBlocks: number | undefined;
  readonly settleByCancel: boolean;
  /** Whose keys are watched; undefined: nobody's. */
  readonly watched: Watched | undefined;
}

/** What the drivers of one gate's workflows go by. */
export type DriverConfig = CommonDriverConfig & OperatedGate;

export interface BroadcasterConfig extends CommonDriverConfig {
  /** One or more, in the operator's order. */
  readonly gates: readonly OperatedGate[];
  /** Reads the gates anew, their keys with them; undefined where they stay. @throws ConfigError */
  readonly rereadGates: (() => readonly OperatedGate[]) | undefined;
}

/** Gas units that the gate always reserves for its callback. */
const callbackReserve = 200_000_000_000_000n;

/** Configuration for reading the gate and the operator's accounts, without keys. */
export type GateConfig = Pick<
  DriverConfig,
  | "gateId"
  | "relayerId"
  | "approverId"
  | "rpcUrls"
  | "chainId"
  | "gateFeeYocto"
  | "gateMaxFeeYocto"
  | "submitIntentGas"
  | "gateCallbackGas"
  | "resumeBatchGas"
  | "gateCodeHash"
  | "gateOwnerId"
>;

/** The part that is the same for all gates. */
function readNodeConfig(reader: ConfigReader) {
  return {
    // Read as a secret: a provider's URL may hold an API key.
    rpcUrls: reader.optionalSecret("NEAR_RPC_URL", list(httpUrl), ["https://rpc.mainnet.near.org"]),
    chainId: reader.optional("NEAR_CHAIN_ID", text, "mainnet"),
    submitIntentGas: reader.optional("SUBMIT_INTENT_GAS", decimal, 50_000_000_000_000n),
    gateCallbackGas: reader.optional("GATE_CALLBACK_GAS", atLeast(callbackReserve), callbackReserve),
    resumeBatchGas: reader.optional("RESUME_BATCH_GAS", decimal, 100_000_000_000_000n),
  };
}

/** The variables of one gate, without keys. */
function readOneGate(reader: ConfigReader) {
  return {
    gateId: readFirstGateId(reader),
    relayerId: reader.required("RELAYER_ACCOUNT_ID", accountId),
    approverId: reader.required("APPROVER_ACCOUNT_ID", accountId),
    gateFeeYocto: reader.optional("GATE_FEE_1_TO_3_YOCTO", decimal, usualFeeYocto),
    gateMaxFeeYocto: reader.optional("GATE_MAX_FEE_YOCTO", decimal, usualMaxFeeYocto),
    gateCodeHash: reader.optional("GATE_CODE_HASH", sha256Base58, undefined),
    gateOwnerId: reader.optional("GATE_OWNER_ID", accountId, undefined),
  };
}

/** Variables of one gate, which `GATES_JSON` takes the place of. */
const oneGateVariables = [
  ...["RELAYER_ACCOUNT_ID", "RELAYER_SECRET_KEY", "RELAYER_SECRET_KEY_FILE"],
  ...["APPROVER_ACCOUNT_ID", "APPROVER_SECRET_KEY", "APPROVER_SECRET_KEY_FILE"],
  ...["GATE_FEE_1_TO_3_YOCTO", "GATE_MAX_FEE_YOCTO", "GATE_CODE_HASH", "GATE_OWNER_ID"],
];

function readOperatedGates(reader: ConfigReader): readonly OperatedGate[] {
  if (namesGates(reader)) {
    for (const name of oneGateVariables) if (reader.isSet(name)) reader.problem(`GATES_JSON and ${name} are both set`);
    return reader.requiredSecret("GATES_JSON", operatedGates(reader.readSecretFile)) ?? [];
  }
  const one = readOneGate(reader);
  const relayerKeys = reader.requiredSecret("RELAYER_SECRET_KEY", list(secretKey));
  const approverKeys = reader.requiredSecret("APPROVER_SECRET_KEY", list(secretKey));
  return [{ ...one, relayerKeys, approverKeys }];
}

export interface OperatorKeys {
  readonly relayer: readonly KeyPair[];
  readonly approver: readonly KeyPair[];
}

/** Gates for a preflight without the product, which only checks that the accounts have the keys, where there are any. */
export function readGatesToCheck(reader: ConfigReader): readonly { gate: GateConfig; keys: OperatorKeys }[] {
  const node = readNodeConfig(reader);
  if (namesGates(reader)) {
    const gates = reader.requiredSecret("GATES_JSON", operatedGates(reader.readSecretFile, false)) ?? [];
    return gates.map(({ relayerKeys, approverKeys, ...gate }) => ({
      gate: { ...node, ...gate },
      keys: { relayer: relayerKeys, approver: approverKeys },
    }));
  }
  const keys = {
    relayer: reader.optionalSecret("RELAYER_SECRET_KEY", list(secretKey), []),
    approver: reader.optionalSecret("APPROVER_SECRET_KEY", list(secretKey), []),
  };
  return [{ gate: { ...node, ...readOneGate(reader) }, keys }];
}

export function readBroadcasterConfig(reader: ConfigReader): BroadcasterConfig {
  return {
    ...readNodeConfig(reader),
    gates: readOperatedGates(reader),
    rereadGates: gatesReread(reader, readOperatedGates),
    archivalRpcUrls: reader.optionalSecret("NEAR_ARCHIVAL_RPC_URL", list(httpUrl), []),
    verifierId: reader.optional("VERIFIER_ID", accountId, "intents.near"),
    wrappedNearId: readWrappedNearId(reader),
    // A validity beyond the gate's own timeout has no effect. With less, nothing could be sent in time.
    delegateValidityBlocks: reader.optional("DELEGATE_VALIDITY_BLOCKS", integer(2 * runsWithin, 100_000), 180),
    intentsDeadlineMs: reader.optional("INTENTS_DEADLINE_SECS", seconds(1, 86_400), 300_000),
    pollTimeoutMs: reader.optional("NEAR_POLL_TIMEOUT_SECS", seconds(1, 3600), 60_000),
    pollIntervalMs: reader.optional("NEAR_POLL_INTERVAL_MS", integer(10, 60_000), 750),
    viewTimeoutMs: reader.optional("NEAR_VIEW_TIMEOUT_MS", integer(100, 60_000), 2000),
    gateOverflowBlocks: reader.optional("GATE_OVERFLOW_BLOCKS", integer(0, 100_000), undefined),
    watched: reader.optional("WATCH_KEYS_OF", watchList, undefined),
    settleByCancel: reader.optional("SETTLE_BY_CANCEL", trueOrFalse, true),
    queueTimeoutMs: reader.optional("QUEUE_TIMEOUT_SECS", seconds(1, 86_400), 600_000),
    leaseMs: reader.optional("LEASE_SECS", seconds(1, 3600), 15_000),
  };
}

export interface BroadcasterProcessConfig extends BroadcasterConfig, CommonConfig {
  readonly nats: NatsConfig | undefined;
  readonly evidenceUrl: string;
  readonly signerProxyUrl: string;
}

export function readBroadcasterProcessConfig(reader: ConfigReader): BroadcasterProcessConfig {
  const config = {
    ...readBroadcasterConfig(reader),
    ...readCommonConfig(reader, "broadcaster"),
    nats: readNatsConfig(reader),
    evidenceUrl: readServiceUrl(reader, "EVIDENCE_URL"),
    signerProxyUrl: readServiceUrl(reader, "SIGNER_PROXY_URL"),
  };
  reader.check();
  return config;
}

/** Most accounts whose keys are watched: each is read every ten minutes, and all stand in a question about each block. */
const mostWatched = 1_000;

/** An entry that stands for all accounts that signed in; no account has such an id. */
const signedInEntry = "@signed-in";

/** Accounts whose keys are watched. */
interface Watched {
  /** Named by the operator. */
  readonly accountIds: readonly string[];
  /** Most accounts that signed in, the latest ones; 0 for none. */
  readonly mostSignedIn: number;
}

const watchList: Parse<Watched> = (value) => {
  const entries = list((entry) => (entry === signedInEntry ? entry : accountId(entry)))(value);
  const accountIds = [...new Set(entries)].filter((entry) => entry !== signedInEntry);
  if (accountIds.length > mostWatched) throw new Malformed(`must name at most ${mostWatched} accounts`);
  return { accountIds, mostSignedIn: entries.includes(signedInEntry) ? mostWatched - accountIds.length : 0 };
};

const trueOrFalse: Parse<boolean> = (value) => {
  if (value !== "true" && value !== "false") throw new Malformed("must be true or false");
  return value === "true";
};

function atLeast(least: bigint): Parse<bigint> {
  return (value) => {
    const parsed = decimal(value);
    if (parsed < least) throw new Malformed(`must be at least ${least}`);
    return parsed;
  };
}

function seconds(min: number, max: number): Parse<number> {
  return (value) => integer(min, max)(value) * 1000;
}
