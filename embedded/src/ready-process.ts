import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A process that has said, in a file, what it serves. */
export interface ReadyProcess<Info> {
  readonly info: Info;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Runs a program with `--ready-file PATH`, and waits until it has written that file. It ends with this process, whose end closes its
 * standard input.
 * @param environment beside this process's own
 * @throws Error when it ends before it is ready
 */
export async function startReadyProcess<Info>(
  name: string,
  main: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ReadyProcess<Info>> {
  const directory = mkdtempSync(join(tmpdir(), "outlayer-ready-"));
  const readyFile = join(directory, "ready.json");
  const nodeArgs = ["--disable-warning=ExperimentalWarning", main, ...args, "--ready-file", readyFile];
  const child = spawn(process.execPath, nodeArgs, {
    stdio: ["pipe", "ignore", "inherit"],
    env: { ...process.env, ...environment },
    // Detached, so that Ctrl-C does not reach it: this process ends it last.
    detached: true,
  });
  try {
    const info = await readyInfo<Info>(name, child, directory, readyFile);
    return { info, pid: child.pid ?? 0, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readyInfo<Info>(name: string, child: ChildProcess, directory: string, readyFile: string): Promise<Info> {
  return new Promise((resolve, reject) => {
    const watcher = watch(directory, () => {
      try {
        const info = JSON.parse(readFileSync(readyFile, "utf8"));
        watcher.close();
        resolve(info);
      } catch {
        // The file is not written yet.
      }
    });
    child.once("exit", (code) => {
      watcher.close();
      reject(new Error(`${name} ended with ${code} before it was ready`));
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
