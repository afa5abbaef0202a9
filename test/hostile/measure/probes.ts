import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServiceName, serviceNames } from "@outlayer/kit";

/** What a probe says of its process. */
export interface Reading {
  readonly pid: number;
  /** Longest time for which the event loop stood still since it was asked before, milliseconds. */
  readonly stallMs: number;
  /** Most processor time that its thread used between two rounds of the loop in that time, milliseconds. */
  readonly busyMs: number;
  /** Processor time that the process has used since it was started, milliseconds. */
  readonly usedMs: number;
  /** Heap and what is outside of it, bytes; collected before where that was asked for. */
  readonly liveBytes: number;
  readonly rssBytes: number;
}

/** By service; undefined for one that does not answer. */
export type Readings = Readonly<Record<ServiceName, Reading | undefined>>;

const probe = new URL("probe.ts", import.meta.url).href;

/** Asks the probes in the services. */
export class Probes {
  readonly #directory = mkdtempSync(join(tmpdir(), "hostile-"));

  /** Variables with which a service has a probe. */
  variables(name: ServiceName): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import ${probe}`, HOSTILE_PROBE: this.#path(name) };
  }

  /** What each loop did since it was asked before. @param next how its next stalls are looked for */
  loops(next: "closely" | "seldom" = "seldom"): Promise<Readings> {
    return this.#ask(next);
  }

  /** What each process holds that it cannot let go of. */
  memory(): Promise<Readings> {
    return this.#ask("memory");
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ask(question: "closely" | "seldom" | "memory"): Promise<Readings> {
    const all = serviceNames.map(async (name) => [name, await ask(this.#path(name), question)] as const);
    return Object.fromEntries(await Promise.all(all)) as Readings;
  }

  #path(name: ServiceName): string {
    return join(this.#directory, `${name}.sock`);
  }
}

/** A loop that stands still answers late: it is waited for longer than any stall that is worth a figure. */
const patienceMs = 30_000;

async function ask(path: string, question: string): Promise<Reading | undefined> {
  const socket = connect(path);
  const late = setTimeout(() => socket.destroy(), patienceMs);
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (chunk) => (text += String(chunk)));
  socket.write(question);
  await new Promise((resolve) => socket.once("close", resolve));
  clearTimeout(late);
  return text === "" ? undefined : JSON.parse(text);
}
