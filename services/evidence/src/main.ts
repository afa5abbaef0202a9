import { ConfigReader, createLogger, hostService, openMessaging, runOn, runProcess, systemPorts } from "@outlayer/kit";
import { readEvidenceProcessConfig } from "./config.ts";
import { createEvidence } from "./service.ts";

await runProcess(async () => {
  const config = readEvidenceProcessConfig(new ConfigReader(process.env));
  const logger = createLogger("evidence", config.logLevel);
  const ports = systemPorts();
  const messaging = openMessaging(config.nats, { name: "evidence", ports, logger });
  const service = createEvidence(config, { ports, ...messaging });
  return runOn(messaging, () => hostService(service, config, { logger, serviceToken: config.serviceToken }));
});
