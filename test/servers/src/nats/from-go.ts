import { existsSync } from "node:fs";
import { cached, own } from "../cache.ts";
import { onPath, outputOf } from "../commands.ts";
import { Absent, type Source } from "../source.ts";
import type { NatsProgram } from "./program.ts";
import { runNats } from "./run.ts";

/** Builds it unless it is there. @throws Absent without Go */
export async function goProgram(): Promise<NatsProgram> {
  const target = cached("nats-server", "nats-server/set-up.sh", "nats-server/go.mod", "nats-server/go.sum");
  if (!existsSync(target)) {
    if (onPath("go") === undefined) throw new Absent("no Go on PATH");
    process.stderr.write(`test servers: building nats-server, which takes a minute or two, once, in ${target}\n`);
    await outputOf(own("nats-server/set-up.sh"), target);
  }
  return { path: `${target}/nats-server` };
}

export const fromGo: Source = {
  name: "nats-server built with Go",
  remedy: "install Go",
  start: async () => runNats(await goProgram()),
};
