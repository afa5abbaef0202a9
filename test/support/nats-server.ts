import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A nats-server with JetStream of one suite's own, that may be killed, stalled and started again on the same files. */
export interface NatsServer {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Keeps its connections and answers nothing, until `resume`. */
  stall(): void;
  resume(): void;
  /** Kills it and removes what it stored. */
  remove(): Promise<void>;
}

/** Started as it is made, unless told not to. The program is `NATS_SERVER`, or `nats-server` on PATH. */
export async function natsServer(options: { started?: boolean; args?: readonly string[] } = {}): Promise<NatsServer> {
  const program = process.env.NATS_SERVER ?? "nats-server";
  const directory = mkdtempSync(join(tmpdir(), "nats-"));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const kill = async () => {
    const running = child;
    child = undefined;
    if (running === undefined) return;
    const ended = once(running, "exit");
    running.kill("SIGKILL");
    await ended;
  };
  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    async start() {
      const args = ["-js", "-sd", directory, "-a", "127.0.0.1", "-p", String(port), ...(options.args ?? [])];
      const started = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
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
  if (options.started ?? true) await server.start();
  return server;
}

/** Servers of one cluster, which know of each other. */
export async function natsCluster(size: number): Promise<readonly NatsServer[]> {
  const ports = await Promise.all(Array.from({ length: size }, freePort));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const made = routes.map((route, index) => {
    const args = ["-n", `node-${index}`, "--cluster_name", "tests", "--cluster", route, "--routes", routes.join(",")];
    return natsServer({ args });
  });
  return Promise.all(made);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
