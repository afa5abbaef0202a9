import assert from "node:assert/strict";
import { ConfigError, ConfigReader } from "@outlayer/kit";
import { readGatewayProcessConfig } from "../src/config.ts";
import { internalToken } from "./support/samples.ts";

const least = {
  INTERNAL_WALLET_AUTH_TOKEN: internalToken,
  PLANNER_URL: "http://127.0.0.1:9001",
  EVIDENCE_URL: "http://127.0.0.1:9004/",
};

const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readGatewayProcessConfig(new ConfigReader(environment));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe("the gateway's configuration", () => {
  it("has defaults for all but secrets and addresses of services", () => {
    const config = readGatewayProcessConfig(new ConfigReader(least));
    assert.deepEqual(config, {
      bind: { host: "0.0.0.0", port: 8080 },
      credentials: { internalTokens: [internalToken], apiKeys: new Map() },
      gateId: "gate.sequential.near",
      executeWaitSecs: 5,
      grpcBind: { host: "127.0.0.1", port: 9000 },
      httpBind: { host: "127.0.0.1", port: 9100 },
      reflection: false,
      slots: { requests_in_flight: 64, long_polls: 32, event_streams: 20 },
      serviceToken: undefined,
      tls: undefined,
      logLevel: "info",
      maxConnections: 10_000,
      corsOrigins: [],
      plannerUrl: "http://127.0.0.1:9001",
      evidenceUrl: "http://127.0.0.1:9004",
    });
  });

  it("reports every problem at once and no value", () => {
    const problems = problemsOf({
      BIND_ADDR: "hunter2",
      EXECUTE_WAIT_SECS: "61",
      SEQUENTIAL_GATE_ID: "Hunter2",
      WALLET_API_KEYS_JSON: '{"hunter2": "w"}',
    });
    assert.deepEqual(problems, [
      "BIND_ADDR must be host:port",
      "INTERNAL_WALLET_AUTH_TOKEN (or INTERNAL_WALLET_AUTH_TOKEN_FILE) is required",
      "WALLET_API_KEYS_JSON must have keys that start with wk_, or sha256:<64 lower-case hex characters>",
      "SEQUENTIAL_GATE_ID must be a NEAR account id",
      "EXECUTE_WAIT_SECS must be an integer from 0 to 60",
      "PLANNER_URL is required",
      "EVIDENCE_URL is required",
    ]);
  });

  it("wants a service token where other services' ports leave loopback, and not for REST", () => {
    assert.deepEqual(problemsOf({ ...least, BIND_ADDR: "0.0.0.0:80" }), []);
    assert.equal(problemsOf({ ...least, GRPC_BIND_ADDR: "0.0.0.0:9000" }).length, 1);
  });
});
