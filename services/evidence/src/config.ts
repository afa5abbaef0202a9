import {
  type CommonConfig,
  type ConfigReader,
  Malformed,
  type NatsConfig,
  type Parse,
  readCommonConfig,
  readNatsConfig,
  readWalletCredentials,
  type WalletCredentials,
} from "@outlayer/kit";

export interface EvidenceConfig {
  readonly database: DatabaseUrl;
  readonly credentials: WalletCredentials;
}

export type DatabaseUrl = { readonly kind: "sqlite"; readonly path: string };

export const databaseUrl: Parse<DatabaseUrl> = (value) => {
  const path = /^sqlite:(.+)$/.exec(value)?.[1];
  if (path === undefined) throw new Malformed("must be sqlite:<file>");
  return { kind: "sqlite", path };
};

export function readEvidenceConfig(reader: ConfigReader): EvidenceConfig {
  return {
    // A secret: a database's URL may hold its password.
    database: reader.requiredSecret("DATABASE_URL", databaseUrl),
    credentials: readWalletCredentials(reader),
  };
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
