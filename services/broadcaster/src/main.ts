import { ConfigReader, InProcessBus, runProcess, ServiceProcess } from "@outlayer/kit";
import { readBroadcasterProcessConfig } from "./config.ts";
import { createBroadcaster } from "./service.ts";

await runProcess(async () => {
  const config = readBroadcasterProcessConfig(new ConfigReader(process.env));
  const own = new ServiceProcess("broadcaster", config);
  const { ports, logger } = own;
  const transports = {
    evidence: own.transport("evidence", config.evidenceUrl),
    signerProxy: own.transport("signer-proxy", config.signerProxyUrl),
  };
  return own.serve(createBroadcaster(config, { ports, logger, bus: new InProcessBus(), transports }));
});
