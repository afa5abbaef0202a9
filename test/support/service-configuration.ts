import type { ConfigReader, Environment, ServiceName } from "@outlayer/kit";
import { readBroadcasterProcessConfig } from "../../services/broadcaster/src/config.ts";
import { readEvidenceProcessConfig } from "../../services/evidence/src/config.ts";
import { readGatewayProcessConfig } from "../../services/gateway/src/config.ts";
import { readPlannerProcessConfig } from "../../services/planner/src/config.ts";
import { readSignerProxyProcessConfig } from "../../services/signer-proxy/src/config.ts";

/** What each service reads its configuration with, as a process of its own. */
export const serviceConfigs: Readonly<Record<ServiceName, (reader: ConfigReader) => unknown>> = {
  gateway: readGatewayProcessConfig,
  planner: readPlannerProcessConfig,
  "signer-proxy": readSignerProxyProcessConfig,
  broadcaster: readBroadcasterProcessConfig,
  evidence: readEvidenceProcessConfig,
};

/** An environment that notes which variables are asked for. */
export function watched(environment: Environment): { environment: Environment; asked: ReadonlySet<string> } {
  const asked = new Set<string>();
  return {
    asked,
    environment: new Proxy(environment, {
      get(target, name) {
        asked.add(String(name));
        return target[String(name)];
      },
    }),
  };
}
