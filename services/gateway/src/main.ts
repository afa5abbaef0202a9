import { ConfigReader, createLogger, hostService, remoteTransport, runProcess, systemPorts } from "@outlayer/kit";
import { readGatewayProcessConfig } from "./config.ts";
import { createGateway } from "./service.ts";

await runProcess(async () => {
  const config = readGatewayProcessConfig(new ConfigReader(process.env));
  const { serviceToken } = config;
  const logger = createLogger("gateway", config.logLevel);
  const service = createGateway(config, {
    ports: systemPorts(),
    logger,
    transports: {
      planner: remoteTransport(config.plannerUrl, { serviceToken }),
      evidence: remoteTransport(config.evidenceUrl, { serviceToken }),
    },
  });
  return hostService(service, config, { logger, serviceToken });
});
