import { existsSync } from "node:fs";
import { cached, own } from "./cache.ts";
import { onPath, outputOf } from "./commands.ts";
import { Absent } from "./source.ts";

/** What `debian/set-up.sh` built. */
export interface DebianRoot {
  /** A Debian with PostgreSQL, DocumentDB and nats-server, to be entered by chroot. */
  readonly root: string;
  readonly ferretdb: string;
}

/** Sets the root up unless it is there: a minute or two, once for this machine. */
export async function debianRoot(): Promise<DebianRoot> {
  if (!existsSync("/etc/debian_version") || onPath("apt-get") === undefined) throw new Absent("this is not Debian");
  if (process.geteuid?.() !== 0) throw new Absent("not root");
  const target = cached("debian", "debian/set-up.sh", "ferretdb/go.mod", "ferretdb/go.sum");
  if (!existsSync(target)) {
    if (onPath("go") === undefined) throw new Absent("no Go on PATH");
    process.stderr.write(
      `test servers: setting up FerretDB, DocumentDB and NATS, which takes a minute or two, once, in ${target}\n`,
    );
    await outputOf(own("debian/set-up.sh"), target, own("ferretdb"));
  }
  return { root: `${target}/root`, ferretdb: `${target}/bin/ferretdb` };
}
