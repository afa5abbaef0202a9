import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { UpInfo } from "../up-info.ts";

export interface UpProcess {
  readonly info: UpInfo;
  /** Peak resident memory of the product's process so far, bytes; undefined where the system does not tell. */
  peakMemory(): number | undefined;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL("../up.ts", import.meta.url));

/** Runs `./dev up` on free ports in a process of its own. @throws Error when it ends before it is ready */
export async function startUp(blockTimeMs: number): Promise<UpProcess> {
  const directory = mkdtempSync(join(tmpdir(), "demo-"));
  const infoFile = join(directory, "up.json");
  const args = ["--port", "0", "--block-time-ms", String(blockTimeMs), "--info-file", infoFile, "--quiet"];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const stop = async () => {
    child.kill("SIGINT");
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  const info = await new Promise<UpInfo>((resolve, reject) => {
    const watcher = watch(directory, () => {
      try {
        resolve(JSON.parse(readFileSync(infoFile, "utf8")));
        watcher.close();
      } catch {
        // Not there yet.
      }
    });
    void exited.then((code) => reject(new Error(`the product ended with ${code} before it was ready`)));
  });
  return { info, stop, peakMemory: () => peakMemory(info.pid) };
}

function peakMemory(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
