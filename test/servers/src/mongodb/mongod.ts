import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../commands.ts";
import { freePort } from "../free-port.ts";
import { type ServerProcess, startServer } from "../server-process.ts";
import { Absent } from "../source.ts";
import type { KillableServer } from "./own.ts";
import { initiate } from "./replica-set.ts";

/** @throws Absent where none is on PATH */
export async function mongodMaker(): Promise<() => Promise<Mongod>> {
  const command = onPath("mongod");
  if (command === undefined) throw new Absent("there is none");
  return () => Mongod.create(command);
}

/** A mongod of this machine, a replica set of one. */
class Mongod implements KillableServer {
  readonly #command: string;
  readonly #directory: string;
  readonly #address: string;
  #running: ServerProcess | undefined;

  private constructor(command: string, directory: string, address: string) {
    this.#command = command;
    this.#directory = directory;
    this.#address = address;
  }

  /** An empty one that does not run yet. */
  static async create(command: string): Promise<Mongod> {
    return new Mongod(command, await mkdtemp(join(tmpdir(), "mongod-")), `127.0.0.1:${await freePort()}`);
  }

  get url(): string {
    return `mongodb://${this.#address}/?directConnection=true`;
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const [ip, port] = this.#address.split(":") as [string, string];
    this.#running = await startServer({
      command: this.#command,
      args: ["--replSet", "rs0", "--bind_ip", ip, "--port", port, "--dbpath", this.#directory],
      ready: /Waiting for connections/,
    });
    await initiate(this.url, this.#address);
  }

  async kill(): Promise<void> {
    await this.#running?.kill();
    this.#running = undefined;
  }

  /** What it stored goes with it, so it need not take its time to hand over to other members. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
