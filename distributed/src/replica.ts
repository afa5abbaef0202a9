import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ServiceName } from "@outlayer/kit";

export type Variables = Readonly<Record<string, string>>;

/** A line of a service's log. */
export interface LogLine {
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/**
 * Runs a service, with nothing of this process's environment but what Node needs. Ctrl-C does not reach it: its parent
 * ends it with one signal, since a second one would cut its shutdown short. It never outlives its parent.
 */
export function spawnService(name: ServiceName, variables: Variables, main = sourceOf(name)): ChildProcess {
  const child = spawn(process.execPath, [...nodeOptions, "--import", endWithParent, main], {
    env: { PATH: process.env.PATH ?? "", ...variables },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  // Writing to the pipe of a process that has ended is no error here.
  child.stdin.on("error", () => {});
  return child;
}

/** Path of a service's own main. */
export function sourceOf(name: ServiceName): string {
  return fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url));
}

/** By default V8 collects so late that a process takes more than twice the memory it holds, without being faster. MB. */
const nodeOptions = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=4", "--max-old-space-size=192"];

const endWithParent = new URL("end-with-parent.ts", import.meta.url).href;

/** One process of a service. */
export class Replica {
  readonly name: ServiceName;
  readonly lines: LogLine[] = [];
  readonly exited: Promise<number | null>;
  /** Its standard error. */
  problems = "";
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];

  /**
   * @param heard gets each line of its log as it was written
   * @param main path of the program; the service's own by default
   */
  constructor(name: ServiceName, variables: Variables, heard: (line: string) => void = () => {}, main?: string) {
    this.name = name;
    this.#child = spawnService(name, variables, main);
    this.exited = once(this.#child, "close").then(([code]) => code);
    this.#child.stderr?.on("data", (chunk) => (this.problems += String(chunk)));
    if (this.#child.stdout !== null) {
      createInterface(this.#child.stdout).on("line", (line) => {
        heard(line);
        this.lines.push(JSON.parse(line));
        this.#tell();
      });
    }
    void this.exited.then(() => this.#tell());
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first log line for which `holds` is true. @throws Error when the process ends without one */
  async line(holds: (line: LogLine) => boolean): Promise<LogLine> {
    for (;;) {
      const found = this.lines.find(holds);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`${this.name} ended before that line: ${this.problems}`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  ready(): Promise<LogLine> {
    return this.line(({ msg }) => msg === "ready");
  }

  /** @returns its exit code */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited;
  }

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Peak resident memory of a process so far, bytes; undefined where the system does not tell. */
export function peakMemory(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
