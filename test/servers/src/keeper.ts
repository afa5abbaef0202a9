import { type ServerKind, servers } from "./servers.ts";
import { Absent, type Started } from "./source.ts";

/** The one line that the keeper of a server writes. */
export type KeeperAnswer =
  | { readonly kind: "started"; readonly url: string }
  | { readonly kind: "none"; readonly tried: readonly string[] };

/**
 * A process that starts one server, says where it is, and ends it when its standard input ends: also when whoever needed
 * the server was killed and could end nothing.
 */
async function keep(kind: ServerKind): Promise<void> {
  // Whoever needed the server may be gone before it is up: what is told then, nobody hears.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
  const done = new Promise<void>((resolve) => {
    process.stdin.once("end", resolve).resume();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const { answer, stop } = await first(kind);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  if (stop !== undefined) {
    await done;
    await stop();
  }
  process.stdin.destroy();
}

async function first(kind: ServerKind): Promise<{ answer: KeeperAnswer; stop?: Started["stop"] }> {
  const tried: string[] = [];
  for (const source of servers[kind].sources) {
    try {
      const { url, stop } = await source.start();
      return { answer: { kind: "started", url }, stop };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // What should have worked is shown at once; the next way is tried all the same.
      if (!(error instanceof Absent)) process.stderr.write(`test servers: ${source.name}: ${why}\n`);
      tried.push(`${source.name} (${source.remedy}): ${why.split("\n")[0]}`);
    }
  }
  return { answer: { kind: "none", tried } };
}

await keep(process.argv[2] as ServerKind);
