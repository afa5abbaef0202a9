import { ConfigReader, createLogger, hostService, InProcessBus, runProcess, systemPorts } from "@outlayer/kit";
import { readEvidenceProcessConfig } from "./config.ts";
import { createEvidence } from "./service.ts";

await runProcess(async () => {
  const config = readEvidenceProcessConfig(new ConfigReader(process.env));
  const logger = createLogger("evidence", config.logLevel);
  const service = createEvidence(config, { ports: systemPorts(), bus: new InProcessBus() });
  return hostService(service, config, { logger, serviceToken: config.serviceToken });
});
