import {
  accountId,
  type BindAddress,
  bindAddress,
  type CommonConfig,
  type ConfigReader,
  integer,
  readCommonConfig,
  readNatsConfig,
  readServiceUrl,
  readWalletCredentials,
  readWalletSlots,
  type WalletCredentials,
  type WalletSlotLimits,
} from "@outlayer/kit";
import { maxPostWaitSecs } from "./core/wait.ts";

export interface GatewayConfig {
  /** Where REST is served. */
  readonly bind: BindAddress;
  readonly credentials: WalletCredentials;
  /** The gate that examples name. */
  readonly gateId: string;
  /** Seconds that a POST waits for its record to end, where its caller does not say. */
  readonly executeWaitSecs: number;
  readonly slots: WalletSlotLimits;
  /** Connections of REST at once: each event stream, long poll and request under way has one. */
  readonly maxConnections: number;
}

/** What the gateway reads for itself, wherever it runs. Problems are collected in the reader. */
export function readGatewayConfig(reader: ConfigReader): GatewayConfig {
  return {
    bind: reader.optional("BIND_ADDR", bindAddress, { host: "0.0.0.0", port: 8080 }),
    credentials: readWalletCredentials(reader),
    gateId: reader.optional("SEQUENTIAL_GATE_ID", accountId, "gate.sequential.near"),
    executeWaitSecs: reader.optional("EXECUTE_WAIT_SECS", integer(0, maxPostWaitSecs), 5),
    slots: readWalletSlots(reader),
    maxConnections: reader.optional("REST_MAX_CONNECTIONS", integer(16, 1_000_000), 10_000),
  };
}

/** A gateway in a process of its own. */
export interface GatewayProcessConfig extends GatewayConfig, CommonConfig {
  readonly plannerUrl: string;
  readonly evidenceUrl: string;
}

/**
 * The service token is not required for `BIND_ADDR`: nothing that only services may call is served there.
 * @throws ConfigError with every problem
 */
export function readGatewayProcessConfig(reader: ConfigReader): GatewayProcessConfig {
  const config = {
    ...readGatewayConfig(reader),
    ...readCommonConfig(reader, "gateway"),
    plannerUrl: readServiceUrl(reader, "PLANNER_URL"),
    evidenceUrl: readServiceUrl(reader, "EVIDENCE_URL"),
  };
  // Set alike for whoever deals with progress, so a mistake shows here too. Progress itself comes through evidence.
  readNatsConfig(reader);
  reader.check();
  return config;
}
