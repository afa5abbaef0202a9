import { onPath, outputOf } from "../commands.ts";
import { Absent, type Source } from "../source.ts";
import type { NatsProgram } from "./program.ts";
import { runNats } from "./run.ts";

/** @throws Absent where there is none, or too old a one */
export async function pathProgram(): Promise<NatsProgram> {
  const path = onPath("nats-server");
  if (path === undefined) throw new Absent("there is none");
  const said = await outputOf(path, "--version");
  const [, major, minor] = /v(\d+)\.(\d+)/.exec(said) ?? [];
  // Earlier ones do not know `filter_subjects`.
  const suits = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 10);
  if (!suits) throw new Absent(`${said.trim()} is older than 2.10`);
  return { path };
}

export const fromPath: Source = {
  name: "nats-server on PATH",
  remedy: "install nats-server 2.10 or later",
  start: async () => runNats(await pathProgram()),
};
