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
  readWalletCredentials,
  readWalletSlots,
  type WalletCredentials,
  type WalletSlotLimits,
} from "@outlayer/kit";
import { MongoClient } from "mongodb";
import type { QuotaRules } from "./core/quotas.ts";
import { defaultRules, walletQuotas } from "./wallet-quotas.ts";

export interface EvidenceConfig {
  readonly database: DatabaseUrl;
  readonly credentials: WalletCredentials;
  readonly quotas: QuotaRules;
  readonly slots: WalletSlotLimits;
  /** Signer-proxy has the same: under it stands what wallets have used. */
  readonly usageSecret: string;
}

export type DatabaseUrl =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "mongodb"; readonly url: string; readonly database: string };

/** The database of a MongoDB URL that names none. */
const defaultDatabase = "evidence";

export const databaseUrl: Parse<DatabaseUrl> = (value) => {
  const path = /^sqlite:(.+)$/.exec(value)?.[1];
  if (path !== undefined) return { kind: "sqlite", path };
  const match = /^mongodb(?:\+srv)?:\/\/[^/?]+(?:\/([^?]*))?/.exec(value);
  if (match === null || !isMongodbUrl(value))
    throw new Malformed("must be sqlite:<file> or mongodb://<hosts>/<database>");
  return { kind: "mongodb", url: value, database: decodeURIComponent(match[1] || defaultDatabase) };
};

/** Whether the driver takes it. */
function isMongodbUrl(url: string): boolean {
  try {
    return clientOf(url) instanceof MongoClient;
  } catch {
    return false;
  }
}

/** It connects to nothing here. */
function clientOf(url: string): MongoClient {
  // Read from the primary, as it will be: the driver takes no other wish beside that, such as `maxStalenessSeconds`.
  return new MongoClient(url, { readPreference: "primary" });
}

function passwordOf(database: DatabaseUrl): string | undefined {
  // The empty one is that of a URL with a user alone.
  return (database.kind === "mongodb" && clientOf(database.url).options.credentials?.password) || undefined;
}

export function readEvidenceConfig(reader: ConfigReader): EvidenceConfig {
  // A secret: a database's URL may hold its password.
  const database = reader.requiredSecret("DATABASE_URL", databaseUrl);
  // As long as the server's operator made it, who knows it as well.
  if (database !== undefined) mustDiffer(reader, "the password in DATABASE_URL", passwordOf(database));
  return {
    database,
    credentials: readWalletCredentials(reader),
    quotas: reader.optional("WALLET_QUOTAS_JSON", walletQuotas, defaultRules),
    slots: readWalletSlots(reader),
    usageSecret: readSharedSecret(reader, "USAGE_SECRET"),
  };
}

/** What `./dev migrate` reads. */
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
