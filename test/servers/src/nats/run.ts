import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { startServer } from "../server-process.ts";
import type { Started } from "../source.ts";
import type { NatsProgram } from "./program.ts";

/** Runs a nats-server with JetStream on a free port. */
export async function runNats({ path, root }: NatsProgram): Promise<Started> {
  const parent = root === undefined ? tmpdir() : "/tmp";
  const directory = await mkdtemp(join(root ?? "", parent, "nats-"));
  const remove = () => rm(directory, { recursive: true, force: true });
  const args = ["-js", "-sd", join(parent, basename(directory)), "-a", "127.0.0.1", "-p", "-1"];
  try {
    const server = await startServer({
      command: root === undefined ? path : "chroot",
      args: root === undefined ? args : [root, path, ...args],
      ready: /Listening for client connections on (127\.0\.0\.1:\d+)/,
    });
    return {
      url: `nats://${server.ready[1]}`,
      async stop() {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
