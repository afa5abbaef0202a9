import { debianRoot } from "../debian-root.ts";
import type { Source } from "../source.ts";
import { runNats } from "./run.ts";

/** The nats-server of the root that DocumentDB lives in. */
export const fromDebian: Source = {
  name: "nats-server on Debian",
  remedy: "be root on a Debian with Go",
  async start() {
    const { root } = await debianRoot();
    return runNats("/usr/sbin/nats-server", root);
  },
};
