import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Kept, keepServer, remedies } from "./kept.ts";
import type { ServerKind } from "./servers.ts";

/** Servers of this run, each started when the first suite asks for it. */
const kept = new Map<ServerKind, Promise<Kept>>();

/** A folder of the run: where tests run in several processes, these have it from the first, which speaks at the end. */
process.env.TEST_RUN_FOLDER ??= mkdtempSync(join(tmpdir(), "test-run-"));
const remarks = join(process.env.TEST_RUN_FOLDER, "remarks");

/** Long enough for a machine that has to set the servers up first; milliseconds. */
const setUpMs = 15 * 60_000;

/**
 * The URL of a server, for a suite's `before` hook. Without one the suite is skipped, and the end of the run says what to
 * install; where `CI` is set it fails.
 */
export async function needServer(kind: ServerKind, context: Mocha.Context): Promise<string> {
  context.timeout(setUpMs);
  let server = kept.get(kind);
  if (server === undefined) {
    server = keepServer(kind);
    kept.set(kind, server);
  }
  const { answer } = await server;
  if (answer.kind === "started") return answer.url;
  const problem = `no ${kind} for tests; one of these would do:${remedies(kind, answer.tried)}`;
  if (process.env.CI) throw new Error(problem);
  remark(problem);
  return context.skip();
}

/** Says something at the end of the run, once. */
export function remark(text: string): void {
  appendFileSync(remarks, `${JSON.stringify(text)}\n`);
}

/** Ends all servers of this process, and says what was not run. Those of other processes end with these. */
export async function endRun(): Promise<void> {
  const all = await Promise.allSettled(kept.values());
  await Promise.all(all.map((server) => (server.status === "fulfilled" ? server.value.stop() : undefined)));
  kept.clear();
  const lines = existsSync(remarks) ? readFileSync(remarks, "utf8").trim().split("\n") : [];
  const texts = new Set(lines.map((line) => JSON.parse(line) as string));
  if (texts.size > 0) process.stderr.write(`${["Not run:", ...texts].join("\n  ")}\n\n`);
  rmSync(process.env.TEST_RUN_FOLDER ?? "", { recursive: true, force: true });
}
