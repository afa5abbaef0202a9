import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A devnet's addresses, and the accounts of its genesis. */
export interface DevnetInfo {
  readonly near_rpc: string;
  readonly keystore: string;
  readonly devnet_control: string;
  readonly keystore_token: string;
  readonly chain_id: string;
  readonly gate_id: string;
  readonly verifier_id: string;
  readonly relayer: { readonly account_id: string; readonly secret_key: string };
  readonly approver: { readonly account_id: string; readonly secret_key: string };
  readonly wallets: readonly { readonly wallet_id: string; readonly account_id: string }[];
}

export interface DevnetProcess {
  readonly info: DevnetInfo;
  readonly pid: number;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL("../../devnet/src/main.ts", import.meta.url));

/**
 * Starts a devnet as a process of its own, on free loopback ports; it ends with this one.
 * @throws Error when it ends before it is ready
 */
export async function startDevnetProcess(blockTimeMs: number): Promise<DevnetProcess> {
  const directory = mkdtempSync(join(tmpdir(), "devnet-"));
  const readyFile = join(directory, "ready.json");
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      main,
      "--block-time-ms",
      String(blockTimeMs),
      "--ready-file",
      readyFile,
      "--end-with-parent",
    ],
    // Detached, so that Ctrl-C does not reach it: this process ends it last.
    { stdio: ["pipe", "ignore", "inherit"], detached: true },
  );
  try {
    const info = await readyInfo(child, directory, readyFile);
    return { info, pid: child.pid ?? 0, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readyInfo(child: ChildProcess, directory: string, readyFile: string): Promise<DevnetInfo> {
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
      reject(new Error(`the devnet ended with ${code} before it was ready`));
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
