import { ConfigReader, runProcess, ServiceProcess } from "@outlayer/kit";
import { readSignerProxyProcessConfig } from "./config.ts";
import { createSignerProxy } from "./service.ts";

await runProcess(async (stopping) => {
  const config = readSignerProxyProcessConfig(new ConfigReader(process.env));
  const own = new ServiceProcess("signer-proxy", config);
  return own.serve(createSignerProxy(config, { ports: own.ports, logger: own.logger }), stopping);
});
