import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { outputOf } from "../commands.ts";
import type { DebianRoot } from "../debian-root.ts";
import { freePort } from "../free-port.ts";
import { type ServerProcess, startServer } from "../server-process.ts";
import type { KillableServer } from "./own.ts";

const postgresBin = "/usr/lib/postgresql/18/bin";
/** For what is left of a PostgreSQL that was killed to end, milliseconds. */
const settleMs = 10_000;

interface FerretdbPorts {
  readonly postgres: number;
  readonly ferretdb: number;
}

/** Real servers on MongoDB's protocol, though not MongoDB: FerretDB in front of PostgreSQL with DocumentDB. */
export class Ferretdb implements KillableServer {
  readonly #root: string;
  readonly #program: string;
  readonly #user: string;
  /** Within the root. */
  readonly #data: string;
  readonly #state: string;
  readonly #ports: FerretdbPorts;
  /** In the order in which they are ended. */
  #running: ServerProcess[] = [];
  #isNew = true;

  private constructor({ root, ferretdb }: DebianRoot, directory: string, user: string, ports: FerretdbPorts) {
    this.#root = root;
    this.#program = ferretdb;
    this.#user = user;
    this.#data = `${directory}/postgres`;
    this.#state = join(root, directory, "ferretdb");
    this.#ports = ports;
  }

  /** Makes an empty one. @param directory within the root, which goes when it is removed */
  static async create(debian: DebianRoot, directory: string): Promise<Ferretdb> {
    const { root } = debian;
    const ports = { postgres: await freePort(), ferretdb: await freePort() };
    const user = await postgresUser(root);
    const made = new Ferretdb(debian, directory, user, ports);
    try {
      await mkdir(made.#state, { recursive: true });
      await mkdir(join(root, made.#data));
      await outputOf("chown", user, join(root, made.#data));
      const initdb = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
      await made.#inRoot(`${postgresBin}/initdb`, `--pgdata=${made.#data}`, ...initdb);
      await appendFile(join(root, made.#data, "postgresql.conf"), settings(made.#data, ports.postgres));
    } catch (error) {
      await made.remove();
      throw error;
    }
    return made;
  }

  get url(): string {
    return `mongodb://127.0.0.1:${this.#ports.ferretdb}/`;
  }

  async start(): Promise<void> {
    if (this.#running.length > 0) return;
    try {
      this.#running.unshift(await this.#startPostgres());
      if (this.#isNew) await this.#createExtension();
      this.#isNew = false;
      const ferretdb = await startServer({
        command: this.#program,
        args: [
          `--listen-addr=127.0.0.1:${this.#ports.ferretdb}`,
          `--postgresql-url=postgres://postgres@127.0.0.1:${this.#ports.postgres}/postgres`,
          "--no-auth",
          "--telemetry=disable",
          "--debug-addr=-",
          `--state-dir=${this.#state}`,
        ],
        ready: /Listening on TCP 127\.0\.0\.1:\d+/,
      });
      this.#running.unshift(ferretdb);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const server of this.#running.splice(0)) await server.stop();
  }

  /** Ends both without a chance to put anything in order. */
  async kill(): Promise<void> {
    for (const server of this.#running.splice(0)) await server.kill();
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(join(this.#state, ".."), { recursive: true, force: true });
  }

  /** PostgreSQL's other processes outlive its first one for a moment when that was killed, and keep the data until then. */
  async #startPostgres(): Promise<ServerProcess> {
    const giveUpAt = Date.now() + settleMs;
    for (;;) {
      try {
        return await startServer({
          command: "chroot",
          args: [`--userspec=${this.#user}`, this.#root, `${postgresBin}/postgres`, "-D", this.#data],
          ready: /database system is ready to accept connections/,
          // Its fast shutdown: ends sessions and workers, and waits for no client.
          signal: "SIGINT",
        });
      } catch (error) {
        if (Date.now() > giveUpAt) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #createExtension(): Promise<void> {
    const psql = ["-h", "127.0.0.1", "-p", String(this.#ports.postgres), "-U", "postgres", "-v", "ON_ERROR_STOP=1"];
    await this.#inRoot(`${postgresBin}/psql`, ...psql, "-c", "create extension documentdb cascade");
  }

  async #inRoot(...command: string[]): Promise<void> {
    await outputOf("chroot", `--userspec=${this.#user}`, this.#root, ...command);
  }
}

/**
 * Secondary unique indexes are exclusion constraints there: many writers racing for one key can deadlock, and each of
 * them then waits for `deadlock_timeout`. Data of a test need not outlive the machine.
 */
const settings = (data: string, port: number) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${data}'
max_connections = 200
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.host = '127.0.0.1'
deadlock_timeout = 10ms
fsync = off
`;

/** `uid:gid` of the root's user postgres. */
async function postgresUser(root: string): Promise<string> {
  const users = await readFile(join(root, "etc/passwd"), "utf8");
  const match = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users);
  if (match === null) throw new Error(`${root} has no user postgres`);
  return `${match[1]}:${match[2]}`;
}
