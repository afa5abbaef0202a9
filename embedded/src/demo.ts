import { parseArgs } from "node:util";
import { tellDirectUser } from "./demo/direct-user.ts";
import { tellDust } from "./demo/dust.ts";
import { say } from "./demo/say.ts";

const { values } = parseArgs({
  options: {
    "block-time-ms": { type: "string", default: "100" },
    "direct-user": { type: "boolean", default: false },
    distributed: { type: "boolean", default: false },
  },
});
const blockTimeMs = Number(values["block-time-ms"]);
const started = new AsyncDisposableStack();

async function demo(): Promise<void> {
  say(`Starting a local NEAR (a block every ${blockTimeMs} ms), a keystore and the five services ...`);
  const product = await startProduct();
  await (values["direct-user"] ? tellDirectUser(product) : tellDust(product));
}

async function startProduct() {
  // Loaded on demand, since it imports the tests' servers.
  if (values.distributed) return (await import("./demo/five-processes.ts")).startFiveProcesses(blockTimeMs, started);
  return (await import("./demo/up-process.ts")).startUp(blockTimeMs, started);
}

const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => reject(new Error(`it was ended by ${signal}`)));
  }
});
try {
  await Promise.race([demo(), interrupted]);
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await started.disposeAsync();
}
// Whatever was still being started when it was ended goes with this process.
process.exit();
