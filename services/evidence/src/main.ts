import { ConfigReader, openMessaging, runOn, runProcess, ServiceProcess } from "@outlayer/kit";
import { readEvidenceProcessConfig } from "./config.ts";
import { createEvidence } from "./service.ts";

await runProcess(async (stopping) => {
  const config = readEvidenceProcessConfig(new ConfigReader(process.env));
  const own = new ServiceProcess("evidence", config);
  const { ports, logger } = own;
  const messaging = openMessaging(config.nats, { name: "evidence", ports, logger });
  return runOn(messaging, () => own.serve(createEvidence(config, { ports, logger, ...messaging }), stopping));
});
