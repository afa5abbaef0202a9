import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { debianRoot } from "../debian-root.ts";
import type { Source } from "../source.ts";
import { Ferretdb } from "./ferretdb.ts";
import { startNew } from "./start-new.ts";

/** Where runs keep their data, within the root: a folder each, named by the process that runs the servers. */
const runs = "/var/lib/test-servers";

export const fromDebian: Source = {
  name: "FerretDB on Debian",
  remedy: "be root on a Debian with Go",
  start: () => startNew(ferretdbMaker),
};

/** Of this process. */
let made = 0;

/** @throws Absent where there can be none */
export async function ferretdbMaker(): Promise<() => Promise<Ferretdb>> {
  const debian = await debianRoot();
  if (made === 0) await removeLeftovers(debian.root);
  return () => {
    made += 1;
    return Ferretdb.create(debian, `${runs}/${process.pid}/${made}`);
  };
}

/** Ends the servers of runs that were killed together with the process that watched over them, and removes their data. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of await readdir(join(root, runs)).catch(() => [])) {
    // A process of our own number was another one, for we have made no folder yet.
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
