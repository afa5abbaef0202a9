import { debianRoot } from "../debian-root.ts";
import type { Source } from "../source.ts";
import type { NatsProgram } from "./program.ts";
import { runNats } from "./run.ts";

/** @throws Absent where there can be no such root */
export async function debianProgram(): Promise<NatsProgram> {
  const { root } = await debianRoot();
  return { path: "/usr/sbin/nats-server", root };
}

/** The nats-server of the root that DocumentDB lives in. */
export const fromDebian: Source = {
  name: "nats-server on Debian",
  remedy: "be root on a Debian with Go",
  start: async () => runNats(await debianProgram()),
};
