import { ConfigReader, runProcess, ServiceProcess } from "@outlayer/kit";
import { readGatewayProcessConfig } from "./config.ts";
import { createGateway } from "./service.ts";

await runProcess(async (stopping) => {
  const config = readGatewayProcessConfig(new ConfigReader(process.env));
  const own = new ServiceProcess("gateway", config);
  const { ports, logger, metrics, readiness } = own;
  const transports = {
    planner: own.transport("planner", config.plannerUrl),
    evidence: own.transport("evidence", config.evidenceUrl, { required: true }),
  };
  return own.serve(createGateway(config, { ports, logger, metrics, readiness, transports }), stopping);
});
