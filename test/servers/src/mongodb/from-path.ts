import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../commands.ts";
import { freePort } from "../free-port.ts";
import { startServer } from "../server-process.ts";
import { Absent, type Source } from "../source.ts";
import { initiate } from "./replica-set.ts";

export const fromPath: Source = {
  name: "mongod on PATH",
  remedy: "install MongoDB",
  async start() {
    const command = onPath("mongod");
    if (command === undefined) throw new Absent("there is none");
    const directory = await mkdtemp(join(tmpdir(), "mongod-"));
    const address = `127.0.0.1:${await freePort()}`;
    const url = `mongodb://${address}/?directConnection=true`;
    const [ip, port] = address.split(":") as [string, string];
    const args = ["--replSet", "rs0", "--bind_ip", ip, "--port", port, "--dbpath", directory];
    let stopServer: (() => Promise<void>) | undefined;
    const stop = async () => {
      await stopServer?.();
      await rm(directory, { recursive: true });
    };
    try {
      // What it stored goes with it, so it need not take its time to hand over to other members.
      const server = await startServer({ command, args, ready: /Waiting for connections/, signal: "SIGKILL" });
      stopServer = server.stop;
      await initiate(url, address);
    } catch (error) {
      await stop();
      throw error;
    }
    return { url, stop };
  },
};
