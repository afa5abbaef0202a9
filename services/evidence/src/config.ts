import {
  readFirstGateId,
  readWalletCredentials,
  readWalletSlots,
  type WalletCredentials,
  type WalletSlotLimits,
} from "@outlayer/access";
import {
  type CommonConfig,
  type ConfigReader,
  type LogLevel,
  logLevels,
  Malformed,
  mustDiffer,
  type NatsConfig,
  oneOf,
  type Parse,
  readCommonConfig,
  readNatsConfig,
  readSharedSecret,
} from "@outlayer/kit";
import { MongoClient } from "mongodb";
import type { QuotaRules } from "./core/quotas.ts";
import { defaultRules, walletQuotas } from "./wallet-quotas.ts";

export interface EvidenceConfig {
  readonly database: DatabaseUrl;
  readonly credentials: WalletCredentials;
  readonly quotas: QuotaRules;
  readonly slots: WalletSlotLimits;
  /** Shared with signer-proxy, for MACs over usage. */
  readonly usageSecret: string;
  /** The gate of workflows from before they named theirs. */
  readonly firstGateId: string;
}

export type DatabaseUrl =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "mongodb"; readonly url: string; readonly database: string };

/** Database name for a MongoDB URL that names none. */
const defaultDatabase = "evidence";

export const databaseUrl: Parse<DatabaseUrl> = (value) => {
  const path = /^sqlite:(.+)$/.exec(value)?.[1];
  if (path !== undefined) return { kind: "sqlite", path };
  const match = /^mongodb(?:\+srv)?:\/\/[^/?]+(?:\/([^?]*))?/.exec(value);
  if (match === null || !isMongodbUrl(value))
    throw new Malformed("must be sqlite:<file> or mongodb://<hosts>/<database>");
  return { kind: "mongodb", url: value, database: decodeURIComponent(match[1] || defaultDatabase) };
};

/** Whether the driver accepts the URL. */
function isMongodbUrl(url: string): boolean {
  try {
    return clientOf(url) instanceof MongoClient;
  } catch {
    return false;
  }
}

/** Parses only: it does not connect. */
function clientOf(url: string): MongoClient {
  // As at runtime: beside "primary" the driver refuses other read preferences, such as `maxStalenessSeconds`.
  return new MongoClient(url, { readPreference: "primary" });
}

function passwordOf(database: DatabaseUrl): string | undefined {
  // The password is empty in a URL that has only a user.
  return (database.kind === "mongodb" && clientOf(database.url).options.credentials?.password) || undefined;
}

export function readEvidenceConfig(reader: ConfigReader): EvidenceConfig {
  // Read as a secret: the URL may hold a password.
  const database = reader.requiredSecret("DATABASE_URL", databaseUrl);
  // Any length, since the server's operator chose it; and that operator must not learn another secret from it.
  if (database !== undefined) mustDiffer(reader, "the password in DATABASE_URL", passwordOf(database));
  return {
    database,
    credentials: readWalletCredentials(reader),
    quotas: reader.optional("WALLET_QUOTAS_JSON", walletQuotas, defaultRules),
    slots: readWalletSlots(reader),
    usageSecret: readSharedSecret(reader, "USAGE_SECRET"),
    firstGateId: readFirstGateId(reader),
  };
}

/** Configuration of `./dev migrate`. */
export function readMigrateConfig(reader: ConfigReader): Pick<EvidenceConfig, "database"> & { logLevel: LogLevel } {
  const config = {
    database: reader.requiredSecret("DATABASE_URL", databaseUrl),
    logLevel: reader.optional("LOG_LEVEL", oneOf(...logLevels), "info"),
  };
  reader.check();
  return config;
}

export type EvidenceProcessConfig = EvidenceConfig & CommonConfig & { readonly nats: NatsConfig | undefined };

export function readEvidenceProcessConfig(reader: ConfigReader): EvidenceProcessConfig {
  const config = {
    ...readEvidenceConfig(reader),
    ...readCommonConfig(reader, "evidence"),
    nats: readNatsConfig(reader),
  };
  reader.check();
  return config;
}
