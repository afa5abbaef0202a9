import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** How long a server may take to come up, and to go down before it is ended the hard way; milliseconds. */
const readyMs = 30_000;
const stopMs = 10_000;

/** A server that runs as a process of its own. */
export interface ServerProcess {
  /** What the ready line matched. */
  readonly ready: RegExpExecArray;
  stop(): Promise<void>;
  /** Ends it without a chance to put anything in order. */
  kill(): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The line, on either output, by which the server says that it takes connections. */
  readonly ready: RegExp;
  /** Ends it in order. */
  readonly signal?: NodeJS.Signals;
}

/**
 * Starts a server and waits until it is ready. Its output is read to the end, since a full pipe would block it, and the
 * last lines are part of the error where it does not come up.
 */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const { command, args, ready } = server;
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const stop = () => end(child, server.signal ?? "SIGTERM");
  const kill = () => end(child, "SIGKILL");
  const recent: string[] = [];
  try {
    const match = await new Promise<RegExpExecArray>((resolve, reject) => {
      const fail = (what: string) => reject(new Error(`${command} ${what}:\n${recent.join("\n")}`));
      const limit = setTimeout(() => fail(`was not ready within ${readyMs} ms`), readyMs);
      child.once("error", reject);
      child.once("close", (code) => fail(`ended with ${code}`));
      for (const output of [child.stdout, child.stderr]) {
        createInterface(output).on("line", (line) => {
          recent.push(line);
          if (recent.length > 20) recent.shift();
          const found = ready.exec(line);
          if (found === null) return;
          clearTimeout(limit);
          resolve(found);
        });
      }
    });
    return { ready: match, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const limit = setTimeout(() => child.kill("SIGKILL"), stopMs);
  await ended;
  clearTimeout(limit);
}
