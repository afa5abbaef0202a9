import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { own } from "./cache.ts";
import type { KeeperAnswer } from "./keeper.ts";
import { type ServerKind, servers } from "./servers.ts";

/** A server of this run. */
export interface Kept {
  readonly answer: KeeperAnswer;
  stop(): Promise<void>;
}

/** Takes the server that its variable names, or has a process of its own start one. */
export async function keepServer(kind: ServerKind): Promise<Kept> {
  const named = process.env[servers[kind].variable];
  if (named) return { answer: { kind: "started", url: named }, async stop() {} };
  // Detached, so that Ctrl-C reaches the tests alone, and the servers outlive them.
  const keeper = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", own("src/keeper.ts"), kind], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const ended = once(keeper, "exit");
  // A keeper that ended by itself leaves a pipe that nobody reads.
  keeper.stdin.on("error", () => {});
  const stop = async () => {
    keeper.stdin.end();
    await ended;
  };
  for await (const line of createInterface(keeper.stdout)) {
    return { answer: JSON.parse(line) as KeeperAnswer, stop };
  }
  throw new Error(`the process that keeps ${kind} ended with ${(await ended)[0]}`);
}

/** What would do where there is none. */
export function remedies(kind: ServerKind, tried: readonly string[]): string {
  return [`${servers[kind].variable} is not set`, ...tried].map((way) => `\n    ${way}`).join("");
}
