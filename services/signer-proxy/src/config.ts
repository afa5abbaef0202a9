import { accountId, readDirectUserScopes, readServiceWalletId, readWrappedNearId } from "@outlayer/access";
import {
  type CommonConfig,
  type ConfigReader,
  httpUrl,
  json,
  Malformed,
  mustDiffer,
  type Parse,
  readCommonConfig,
  readSharedSecret,
} from "@outlayer/kit";
import type { DirectUserScope } from "@outlayer/workflow";
import { type ActionTypes, actionKinds, defaultActionTypes, sharedPowerKind } from "./core/action-types.ts";
import type { SwapTo } from "./core/intent-kinds.ts";

export interface SignerProxyConfig {
  /** Without a trailing slash. */
  readonly keystoreUrl: string;
  readonly keystoreAuthToken: string;
  /** The NEP-413 recipient, and the only receiver of intents. */
  readonly verifierId: string;
  /** The wNEAR contract, whose tokens the verifier burns for intents that pay NEAR. */
  readonly wrappedNearId: string;
  readonly actionTypes: ActionTypes;
  /** Whether policy is asked about a swap with its counterparties as receivers, or without a receiver. */
  readonly swapTo: SwapTo;
  /** Shared by all replicas: each accepts the others' grants. */
  readonly grantSecret: string;
  /** Shared with evidence, for MACs over usage. */
  readonly usageSecret: string;
  /** The wallet that signs delegates for sessions; undefined: nothing is carried for them. */
  readonly serviceWalletId: string | undefined;
  /** Scopes that users' keys may have. */
  readonly directUserScopes: readonly DirectUserScope[];
}

/** The signer proxy's own configuration, whether or not it shares its process. Problems are collected in the reader. */
export function readSignerProxyConfig(reader: ConfigReader): SignerProxyConfig {
  const keystoreUrl = reader.required("KEYSTORE_URL", plainHttpUrl);
  const keystoreAuthToken = reader.requiredSecret("KEYSTORE_AUTH_TOKEN", headerText);
  // Any length: the keystore issues the token, and a rule here could refuse the only one that it accepts.
  mustDiffer(reader, "KEYSTORE_AUTH_TOKEN", keystoreAuthToken);
  return {
    keystoreUrl,
    keystoreAuthToken,
    verifierId: reader.optional("VERIFIER_ID", accountId, "intents.near"),
    wrappedNearId: readWrappedNearId(reader),
    actionTypes: reader.optional("POLICY_ACTION_TYPES_JSON", actionTypes, defaultActionTypes),
    swapTo: reader.optional("POLICY_SWAP_TO", swapTo, "counterparty"),
    grantSecret: readSharedSecret(reader, "GRANT_SECRET"),
    usageSecret: readSharedSecret(reader, "USAGE_SECRET"),
    serviceWalletId: readServiceWalletId(reader),
    directUserScopes: readDirectUserScopes(reader),
  };
}

/** @throws ConfigError with every problem */
export function readSignerProxyProcessConfig(reader: ConfigReader): SignerProxyConfig & CommonConfig {
  const config = { ...readSignerProxyConfig(reader), ...readCommonConfig(reader, "signer-proxy") };
  reader.check();
  return config;
}

const plainHttpUrl: Parse<string> = (value) => {
  const url = httpUrl(value);
  const { username, password, search, hash } = new URL(url);
  if (username || password || search || hash) {
    throw new Malformed("must be an http or https URL without credentials, query and fragment");
  }
  return url;
};

const headerText: Parse<string> = (value) => {
  if (!/^[!-~]+$/.test(value)) throw new Malformed("must be printable ASCII without whitespace");
  return value;
};

/** A table with some of the kinds; the others keep their default, or have none. */
const actionTypes: Parse<ActionTypes> = (value) => {
  const given = json(value);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Malformed("must be an object of what a step does to policy type");
  }
  for (const [kind, type] of Object.entries(given)) {
    if (!actionKinds.includes(kind)) throw new Malformed(`must have keys among ${actionKinds.join(", ")}`);
    if (typeof type !== "string" || !/^[a-z][a-z\d_]{0,63}$/.test(type)) {
      throw new Malformed("must map to policy types of lower-case letters, digits and underscores");
    }
  }
  const types: ActionTypes = { ...defaultActionTypes, ...given };
  const shared = sharedPowerKind(types);
  if (shared !== undefined) throw new Malformed(`must give ${shared} a type that stands for no other kind of action`);
  return types;
};

const swapTo: Parse<SwapTo> = (value) => {
  if (value !== "counterparty" && value !== "none") throw new Malformed("must be counterparty or none");
  return value;
};
