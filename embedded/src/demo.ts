import { parseArgs } from "node:util";
import { tellDirectUser } from "./demo/direct-user.ts";
import { tellDust } from "./demo/dust.ts";
import { say } from "./demo/say.ts";
import type { NearChoice } from "./near.ts";
import { nearArguments, nearOptions, nearUsage, readNearChoice } from "./near-options.ts";

const usage = `usage: ./dev demo [--direct-user] [--distributed] [--block-time-ms N | --near-rpc URL --contracts FILE]

  --direct-user       the counter proof, on a devnet only
  --distributed       on five processes, a MongoDB and a NATS
${nearUsage}
`;

interface DemoArguments {
  readonly near: NearChoice;
  /** Options of this run that `./dev up` takes as well. */
  readonly nearArguments: readonly string[];
  readonly isDirectUser: boolean;
  readonly isDistributed: boolean;
}

function readArguments(): DemoArguments {
  try {
    const { values } = parseArgs({
      options: { ...nearOptions, "direct-user": { type: "boolean" }, distributed: { type: "boolean" } },
    });
    const near = readNearChoice(values);
    const { "direct-user": isDirectUser = false, distributed: isDistributed = false } = values;
    // The user's key is installed through the devnet's controls.
    if (isDirectUser && near.kind === "own") throw new Error("--direct-user does not go with --near-rpc");
    return { near, nearArguments: nearArguments(values), isDirectUser, isDistributed };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const { near, nearArguments: passedOn, isDirectUser, isDistributed } = readArguments();
const started = new AsyncDisposableStack();

async function demo(): Promise<void> {
  const chain = near.kind === "own" ? "your NEAR node" : `a local NEAR (a block every ${near.blockTimeMs} ms)`;
  say(`Starting ${near.kind === "own" ? `on ${chain}:` : `${chain},`} a keystore and the five services ...`);
  const product = await startProduct();
  await (isDirectUser ? tellDirectUser(product) : tellDust(product));
}

async function startProduct() {
  // Loaded on demand, since it imports the tests' servers.
  if (isDistributed) return (await import("./demo/five-processes.ts")).startFiveProcesses(near, started);
  return (await import("./demo/up-process.ts")).startUp(passedOn, started);
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
