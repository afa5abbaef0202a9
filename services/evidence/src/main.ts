import { ConfigReader, InProcessBus, runProcess, ServiceProcess } from "@outlayer/kit";
import { readEvidenceProcessConfig } from "./config.ts";
import { createEvidence } from "./service.ts";

await runProcess(async () => {
  const config = readEvidenceProcessConfig(new ConfigReader(process.env));
  const own = new ServiceProcess("evidence", config);
  return own.serve(createEvidence(config, { ports: own.ports, bus: new InProcessBus() }));
});
