import {
  ConfigReader,
  createLogger,
  hostService,
  InProcessBus,
  remoteTransport,
  runProcess,
  systemPorts,
} from "@outlayer/kit";
import { readBroadcasterProcessConfig } from "./config.ts";
import { createBroadcaster } from "./service.ts";

await runProcess(async () => {
  const config = readBroadcasterProcessConfig(new ConfigReader(process.env));
  const logger = createLogger("broadcaster", config.logLevel);
  const caller = { serviceToken: config.serviceToken };
  const transports = {
    evidence: remoteTransport(config.evidenceUrl, caller),
    signerProxy: remoteTransport(config.signerProxyUrl, caller),
  };
  const service = createBroadcaster(config, { ports: systemPorts(), logger, bus: new InProcessBus(), transports });
  return hostService(service, config, { logger, serviceToken: config.serviceToken });
});
