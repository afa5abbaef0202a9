import { ConfigReader, createLogger, hostService, remoteTransport, runProcess, systemPorts } from "@outlayer/kit";
import { readPlannerProcessConfig } from "./config.ts";
import { createPlanner } from "./service.ts";

await runProcess(async () => {
  const config = readPlannerProcessConfig(new ConfigReader(process.env));
  const { serviceToken } = config;
  const logger = createLogger("planner", config.logLevel);
  const service = createPlanner(config, {
    ports: systemPorts(),
    logger,
    transports: {
      signerProxy: remoteTransport(config.signerProxyUrl, { serviceToken }),
      broadcaster: remoteTransport(config.broadcasterUrl, { serviceToken }),
      evidence: remoteTransport(config.evidenceUrl, { serviceToken }),
    },
  });
  return hostService(service, config, { logger, serviceToken });
});
