import {
  ConfigReader,
  createLogger,
  hostService,
  openMessaging,
  remoteTransport,
  runOn,
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
  const ports = systemPorts();
  const messaging = openMessaging(config.nats, { name: "broadcaster", ports, logger });
  const service = createBroadcaster(config, { ports, logger, bus: messaging.bus, transports });
  return runOn(messaging, () => hostService(service, config, { logger, serviceToken: config.serviceToken }));
});
