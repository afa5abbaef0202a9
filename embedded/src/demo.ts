import { parseArgs } from "node:util";
import { tellDirectUser } from "./demo/direct-user.ts";
import { tellDust } from "./demo/dust.ts";
import { tellExternal } from "./demo/external.ts";
import { say } from "./demo/say.ts";
import type { NearChoice } from "./near.ts";
import { nearArguments, nearOptions, nearUsage, readNearChoice } from "./near-options.ts";

const usage = `usage: ./dev demo [--direct-user | --external] [--distributed] [--block-time-ms N | --near-rpc URL --contracts FILE]

  --direct-user       the counter proof, on a devnet only
  --external          a person with a wallet of her own, on a devnet only
  --distributed       on five processes, a MongoDB and a NATS
${nearUsage}
`;

interface DemoArguments {
  readonly near: NearChoice;
  /** Options of this run that `./dev up` takes as well. */
  readonly nearArguments: readonly string[];
  readonly story: "dust" | "direct-user" | "external";
  readonly isDistributed: boolean;
}

function readArguments(): DemoArguments {
  try {
    const { values } = parseArgs({
      options: {
        ...nearOptions,
        "direct-user": { type: "boolean" },
        external: { type: "boolean" },
        distributed: { type: "boolean" },
      },
    });
    const near = readNearChoice(values);
    const { "direct-user": isDirectUser = false, external = false, distributed: isDistributed = false } = values;
    if (isDirectUser && external) throw new Error("--direct-user does not go with --external");
    const story = isDirectUser ? "direct-user" : external ? "external" : "dust";
    // The user's key is installed, and the person's account made, through the devnet's controls.
    if (story !== "dust" && near.kind === "own") throw new Error(`--${story} does not go with --near-rpc`);
    return { near, nearArguments: nearArguments(values), story, isDistributed };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const { near, nearArguments: passedOn, story, isDistributed } = readArguments();
const started = new AsyncDisposableStack();

async function demo(): Promise<void> {
  const chain = near.kind === "own" ? "your NEAR node" : `a local NEAR (a block every ${near.blockTimeMs} ms)`;
  say(`Starting ${near.kind === "own" ? `on ${chain}:` : `${chain},`} a keystore and the five services ...`);
  const product = await startProduct();
  switch (story) {
    case "dust":
      return tellDust(product);
    case "direct-user":
      return tellDirectUser(product);
    case "external":
      return tellExternal(product, say);
  }
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
