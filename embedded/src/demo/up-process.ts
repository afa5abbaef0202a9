import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { peakMemory } from "@outlayer/distributed";
import type { UpInfo } from "../up-info.ts";
import type { RunningProduct, Started } from "./running-product.ts";

const main = fileURLToPath(new URL("../up.ts", import.meta.url));

/**
 * Runs `./dev up` on free ports in a process of its own.
 * @param nearArguments options that choose its NEAR
 * @throws Error when it ends before it is ready
 */
export async function startUp(nearArguments: readonly string[], started: Started): Promise<RunningProduct> {
  const directory = mkdtempSync(join(tmpdir(), "demo-"));
  const infoFile = join(directory, "up.json");
  const args = ["--port", "0", ...nearArguments, "--info-file", infoFile, "--quiet"];
  // Detached, so that Ctrl-C reaches only the demo, which ends this process: a second signal would cut its shutdown short.
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  started.defer(async () => {
    child.kill("SIGINT");
    await exited;
    rmSync(directory, { recursive: true, force: true });
  });
  const info = await new Promise<UpInfo>((resolve, reject) => {
    const watcher = watch(directory, () => {
      try {
        resolve(JSON.parse(readFileSync(infoFile, "utf8")));
        watcher.close();
      } catch {
        // The file is not written yet.
      }
    });
    void exited.then((code) => reject(new Error(`the product ended with ${code} before it was ready`)));
  });
  return { info, peakMemory: () => [["the product's process", peakMemory(info.pid)]] };
}
