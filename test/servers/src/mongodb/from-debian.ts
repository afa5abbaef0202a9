import { appendFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { outputOf } from "../commands.ts";
import { debianRoot } from "../debian-root.ts";
import { freePort } from "../free-port.ts";
import { startServer } from "../server-process.ts";
import type { Source, Started } from "../source.ts";

const postgresBin = "/usr/lib/postgresql/18/bin";
/** Where runs keep their data, within the root: a folder each, named by the process that runs the servers. */
const runs = "/var/lib/test-servers";

/** Real servers on MongoDB's protocol, though not MongoDB: FerretDB in front of PostgreSQL with DocumentDB. */
export const fromDebian: Source = {
  name: "FerretDB on Debian",
  remedy: "be root on a Debian with Go",
  async start() {
    const { root, ferretdb } = await debianRoot();
    await removeLeftovers(root);
    const stack: (() => Promise<void>)[] = [];
    const stop = async () => {
      for (const step of stack.splice(0).reverse()) await step();
    };
    try {
      const run = `${runs}/${process.pid}`;
      const state = join(root, run, "ferretdb");
      await mkdir(state, { recursive: true });
      stack.push(() => rm(join(root, run), { recursive: true }));
      const postgres = await startPostgres(root, `${run}/postgres`);
      stack.push(postgres.stop);
      const server = await startServer({
        command: ferretdb,
        args: [
          "--listen-addr=127.0.0.1:0",
          `--postgresql-url=${postgres.url}`,
          "--no-auth",
          "--telemetry=disable",
          "--debug-addr=-",
          `--state-dir=${state}`,
        ],
        ready: /Listening on TCP (127\.0\.0\.1:\d+)/,
      });
      stack.push(server.stop);
      return { url: `mongodb://${server.ready[1]}/`, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  },
};

async function startPostgres(root: string, data: string): Promise<Started> {
  const user = await postgresUser(root);
  await mkdir(join(root, data));
  await outputOf("chown", user, join(root, data));
  const inRoot = [`--userspec=${user}`, root];
  const initdb = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
  await outputOf("chroot", ...inRoot, `${postgresBin}/initdb`, `--pgdata=${data}`, ...initdb);
  const port = await freePort();
  await appendFile(join(root, data, "postgresql.conf"), settings(data, port));
  const server = await startServer({
    command: "chroot",
    args: [...inRoot, `${postgresBin}/postgres`, "-D", data],
    ready: /database system is ready to accept connections/,
    // Its fast shutdown: ends sessions and workers, and waits for no client.
    signal: "SIGINT",
  });
  try {
    const psql = [
      `${postgresBin}/psql`,
      "-h",
      "127.0.0.1",
      "-p",
      String(port),
      "-U",
      "postgres",
      "-v",
      "ON_ERROR_STOP=1",
    ];
    await outputOf("chroot", ...inRoot, ...psql, "-c", "create extension documentdb cascade");
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop: server.stop };
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

/** Ends the servers of runs that were killed together with the process that watched over them, and removes their data. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of await readdir(join(root, runs)).catch(() => [])) {
    // A process of our own number was another one, for our folder is not there yet.
    if (Number(name) !== process.pid && isRunning(Number(name))) continue;
    for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      // Both were given folders of the run: a server's own number may be another process's by now.
      if (command.includes(`${runs}/${name}/`)) process.kill(Number(pid), "SIGQUIT");
    }
    await rm(join(root, runs, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
