import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../free-port.ts";
import { remark } from "../run.ts";
import { Absent } from "../source.ts";
import { debianProgram } from "./from-debian.ts";
import { goProgram } from "./from-go.ts";
import { pathProgram } from "./from-path.ts";
import type { NatsProgram } from "./program.ts";

/** Long enough for a machine that has to set the server up first; milliseconds. */
const setUpMs = 15 * 60_000;

/** A nats-server with JetStream of one suite's own, to be killed, stopped in its tracks, and started again on its files. */
export interface OwnNats {
  readonly url: string;
  /** Does nothing where it runs. */
  start(): Promise<void>;
  /** Ends it without a chance to put anything in order. */
  kill(): Promise<void>;
  /** Keeps its connections open and answers nothing, until `resume`. */
  stall(): void;
  resume(): void;
  /** Kills it and removes what it stored. */
  remove(): Promise<void>;
}

/** Makes one, started unless told not to. */
export type NewNats = (options?: { readonly started?: boolean; readonly args?: readonly string[] }) => Promise<OwnNats>;

/** For a suite's `before` hook. It has to be a process of this machine: a suite is skipped, or fails under `CI`, without. */
export async function needOwnNats(context: Mocha.Context): Promise<NewNats> {
  context.timeout(setUpMs);
  const newNats = await findOwnNats();
  if (newNats !== undefined) return newNats;
  if (process.env.CI) throw new Error(noNats);
  remark(noNats);
  return context.skip();
}

export const noNats = "no nats-server that tests may kill: install nats-server 2.10 or later, or Go";

/** For whoever is no test. Undefined where there is none to be had. */
export async function findOwnNats(): Promise<NewNats | undefined> {
  const program = await findProgram();
  if (program === undefined) return undefined;
  return async ({ started = true, args = [] } = {}) => {
    const server = ownNats(program, await freePort(), args);
    if (started) await server.start();
    return server;
  };
}

async function findProgram(): Promise<NatsProgram | undefined> {
  for (const find of [pathProgram, debianProgram, goProgram]) {
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
    }
  }
  return undefined;
}

function ownNats({ path, root }: NatsProgram, port: number, more: readonly string[]): OwnNats {
  const parent = root === undefined ? tmpdir() : "/tmp";
  const directory = mkdtempSync(join(root ?? "", parent, "nats-"));
  const args = ["-js", "-sd", join(parent, basename(directory)), "-a", "127.0.0.1", "-p", String(port), ...more];
  const [command, ...all] = root === undefined ? [path, ...args] : ["chroot", root, path, ...args];
  let child: ChildProcess | undefined;
  const kill = async () => {
    const running = child;
    child = undefined;
    if (running === undefined) return;
    const ended = once(running, "exit");
    running.kill("SIGKILL");
    await ended;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    async start() {
      if (child !== undefined) return;
      const started = spawn(command, all, { stdio: ["ignore", "ignore", "pipe"] });
      child = started;
      await new Promise<void>((resolve, reject) => {
        started.once("error", reject);
        started.once("exit", (code) => reject(new Error(`nats-server ended with ${code}`)));
        createInterface(started.stderr).on("line", (line) => {
          if (line.includes("Server is ready")) resolve();
        });
      });
    },
    kill,
    stall: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    async remove() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
