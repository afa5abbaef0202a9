import { createClient } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { ConfigReader, readCommonConfig, runProcess, ServiceProcess } from "@outlayer/kit";
import { oneMethod } from "./broadcaster-stub.ts";

/** A process with mutual TLS that calls another service, which is not there, and then cannot start. */
await runProcess(async (stopping) => {
  const own = new ServiceProcess("broadcaster", readCommonConfig(new ConfigReader(process.env), "broadcaster"));
  const evidence = own.transport("evidence", "https://127.0.0.1:1");
  const service = oneMethod(() => ({}));
  return own.serve(
    {
      ...service,
      async start() {
        await createClient(LogService, evidence)
          .listOpenWorkflows({})
          .catch(() => undefined);
        throw new Error("cannot start");
      },
    },
    stopping,
  );
});
