import { ConfigReader, createLogger, hostService, runProcess, systemPorts } from "@outlayer/kit";
import { readSignerProxyProcessConfig } from "./config.ts";
import { createSignerProxy } from "./service.ts";

await runProcess(async () => {
  const config = readSignerProxyProcessConfig(new ConfigReader(process.env));
  const logger = createLogger("signer-proxy", config.logLevel);
  return hostService(createSignerProxy(config, { ports: systemPorts(), logger }), config, {
    logger,
    serviceToken: config.serviceToken,
  });
});
