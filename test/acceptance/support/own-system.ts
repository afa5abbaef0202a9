import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Devnet, startDevnet } from "@outlayer/devnet";
import { RestClient } from "../../support/rest-client.ts";

const main = fileURLToPath(new URL("../../../embedded/src/up.ts", import.meta.url));

/** What `./dev up` writes of itself. */
interface Info {
  readonly rest: string;
  readonly http: Readonly<Record<string, string>>;
  readonly internal_token: string;
  readonly verifier_id: string;
  readonly wrapped_near_id: string;
  readonly wallets: readonly { readonly wallet_id: string; readonly account_id: string }[];
}

/** The product as `./dev up --near-rpc --contracts` runs it, on any NEAR node. */
export interface OwnSystem extends AsyncDisposable {
  readonly info: Info;
  /** A contract with `increase` and `get_count`; undefined where the node has none. */
  readonly counterId: string | undefined;
  rest(walletId?: string): RestClient;
}

/**
 * Starts it on the node that `ACCEPTANCE_NEAR_RPC` and `ACCEPTANCE_CONTRACTS` name; without these on a devnet, of which it
 * knows no more than of any node: the RPC's address and the accounts of a file.
 */
export async function startOwnSystem(): Promise<OwnSystem> {
  await using started = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "acceptance-"));
  started.defer(() => rmSync(directory, { recursive: true }));
  const { ACCEPTANCE_NEAR_RPC: rpcUrl, ACCEPTANCE_CONTRACTS: file } = process.env;
  if (rpcUrl !== undefined && file !== undefined) return await run(rpcUrl, file, directory, started);
  if (rpcUrl !== undefined || file !== undefined) {
    throw new Error("ACCEPTANCE_NEAR_RPC and ACCEPTANCE_CONTRACTS go together");
  }
  const devnet = await startDevnet({ seed: "acceptance" });
  started.defer(() => devnet.close());
  return await run(devnet.rpcUrl, writeContracts(devnet, directory), directory, started);
}

/** Accounts, wallets and a counter that the devnet does not have yet, beside its gate and verifier. */
export function contractsOf(devnet: Devnet): object {
  const { accountId: owner } = accountOf(devnet, "sequential.near");
  const ownerKey = devnet.secretKey(owner);
  return {
    funder: { account_id: owner, secret_key: ownerKey },
    gate: { account_id: devnet.gateId },
    verifier: { account_id: devnet.verifierId },
    wrapped_near: { account_id: "wrap.near" },
    counter: {
      account_id: `counter.${owner}`,
      secret_key: ownerKey,
      wasm: "counter.wasm",
      init: [{ method: "increase", args: {} }],
    },
    relayer: { account_id: devnet.relayer.accountId, secret_key: devnet.relayer.secretKey },
    approver: { account_id: devnet.approver.accountId, secret_key: devnet.approver.secretKey },
    keystore_secret: "0a".repeat(32),
    wallets: ["acceptance-1", "acceptance-2"],
  };
}

function accountOf(devnet: Devnet, accountId: string) {
  const account = devnet.accounts.find((one) => one.accountId === accountId);
  if (account === undefined) throw new Error(`the devnet has no ${accountId}`);
  return account;
}

function writeContracts(devnet: Devnet, directory: string): string {
  // The devnet runs no wasm: this text is what it takes for its counter's code.
  writeFileSync(join(directory, "counter.wasm"), "devnet contract counter");
  const path = join(directory, "contracts.json");
  writeFileSync(path, JSON.stringify(contractsOf(devnet)));
  return path;
}

async function run(
  rpcUrl: string,
  contracts: string,
  directory: string,
  started: AsyncDisposableStack,
): Promise<OwnSystem> {
  const infoFile = join(directory, "up.json");
  const args = ["--port", "0", "--near-rpc", rpcUrl, "--contracts", contracts, "--info-file", infoFile];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  started.defer(() => end(child));
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const info = await new Promise<Info>((resolve, reject) => {
    const watcher = watch(directory, () => {
      if (!existsSync(infoFile)) return;
      watcher.close();
      resolve(JSON.parse(readFileSync(infoFile, "utf8")));
    });
    child.once("exit", (code) => {
      watcher.close();
      reject(new Error(`./dev up ended with ${code}: ${said}`));
    });
  });
  const counterId = JSON.parse(readFileSync(contracts, "utf8")).counter?.account_id;
  const resources = started.move();
  return {
    info,
    counterId,
    rest: (walletId = info.wallets[0]?.wallet_id ?? "") =>
      new RestClient(() => info.rest, walletId, info.internal_token),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
