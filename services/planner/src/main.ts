import { ConfigReader, runProcess, ServiceProcess } from "@outlayer/kit";
import { readPlannerProcessConfig } from "./config.ts";
import { createPlanner } from "./service.ts";

await runProcess(async (stopping) => {
  const config = readPlannerProcessConfig(new ConfigReader(process.env));
  const own = new ServiceProcess("planner", config);
  const { ports, logger, metrics } = own;
  const transports = {
    signerProxy: own.transport("signer-proxy", config.signerProxyUrl),
    broadcaster: own.transport("broadcaster", config.broadcasterUrl),
    evidence: own.transport("evidence", config.evidenceUrl, { required: true }),
  };
  return own.serve(createPlanner(config, { ports, logger, metrics, transports }), stopping);
});
