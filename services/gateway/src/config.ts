import {
  readFirstGateId,
  readWalletCredentials,
  readWalletSlots,
  type WalletCredentials,
  type WalletSlotLimits,
} from "@outlayer/access";
import {
  type BindAddress,
  bindAddress,
  type CommonConfig,
  type ConfigReader,
  integer,
  list,
  Malformed,
  type Parse,
  readCommonConfig,
  readNatsConfig,
  readServiceUrl,
} from "@outlayer/kit";
import { maxPostWaitSecs } from "./core/wait.ts";

export interface GatewayConfig {
  /** The address of REST. */
  readonly bind: BindAddress;
  readonly credentials: WalletCredentials;
  /** The gate in the examples of the description. */
  readonly gateId: string;
  /** Seconds that a POST waits for its record to end, where its caller sends no `Prefer: wait`. */
  readonly executeWaitSecs: number;
  readonly slots: WalletSlotLimits;
  /** Concurrent connections of REST: each event stream, long poll and request under way takes one. */
  readonly maxConnections: number;
  /** Origins whose pages may call REST, e.g. `https://app.example`; none by default. */
  readonly corsOrigins: readonly string[];
}

/** An origin as browsers write it. A wildcard would let any page on the web act with credentials that it got hold of. */
const origin: Parse<string> = (value) => {
  const url = URL.parse(value);
  const isWeb = url !== null && (url.protocol === "https:" || url.protocol === "http:");
  if (!isWeb || url.origin !== value || value.includes("*"))
    throw new Malformed("must be an origin, as in https://app.example");
  return value;
};

/** The gateway's own configuration, whether or not it shares its process. Problems are collected in the reader. */
export function readGatewayConfig(reader: ConfigReader): GatewayConfig {
  return {
    bind: reader.optional("BIND_ADDR", bindAddress, { host: "0.0.0.0", port: 8080 }),
    credentials: readWalletCredentials(reader),
    gateId: readFirstGateId(reader),
    executeWaitSecs: reader.optional("EXECUTE_WAIT_SECS", integer(0, maxPostWaitSecs), 5),
    slots: readWalletSlots(reader),
    maxConnections: reader.optional("REST_MAX_CONNECTIONS", integer(16, 1_000_000), 10_000),
    corsOrigins: reader.optional("REST_CORS_ORIGINS", list(origin), []),
  };
}

/** Configuration of a gateway in a process of its own. */
export interface GatewayProcessConfig extends GatewayConfig, CommonConfig {
  readonly plannerUrl: string;
  readonly evidenceUrl: string;
}

/**
 * `BIND_ADDR` requires no service token: it serves nothing that only services may call.
 * @throws ConfigError with every problem
 */
export function readGatewayProcessConfig(reader: ConfigReader): GatewayProcessConfig {
  const config = {
    ...readGatewayConfig(reader),
    ...readCommonConfig(reader, "gateway"),
    plannerUrl: readServiceUrl(reader, "PLANNER_URL"),
    evidenceUrl: readServiceUrl(reader, "EVIDENCE_URL"),
  };
  // Only validated: all services that deal with progress share the variables. Progress itself comes through evidence.
  readNatsConfig(reader);
  reader.check();
  return config;
}
