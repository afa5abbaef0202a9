import { ConfigReader, openMessaging, runOn, runProcess, ServiceProcess } from "@outlayer/kit";
import { readBroadcasterProcessConfig } from "./config.ts";
import { createBroadcaster } from "./service.ts";

await runProcess(async (stopping) => {
  const config = readBroadcasterProcessConfig(new ConfigReader(process.env));
  const own = new ServiceProcess("broadcaster", config);
  const { ports, logger, metrics } = own;
  const transports = {
    evidence: own.transport("evidence", config.evidenceUrl, { required: true }),
    signerProxy: own.transport("signer-proxy", config.signerProxyUrl),
  };
  const messaging = openMessaging(config.nats, { name: "broadcaster", ports, logger });
  return runOn(messaging, () =>
    own.serve(createBroadcaster(config, { ports, logger, metrics, ...messaging, transports }), stopping),
  );
});
