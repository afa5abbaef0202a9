import { parseArgs } from "node:util";
import type { BlockTime } from "./chain/block-producer.ts";
import { readyShape } from "./control/ready-shape.ts";
import { type Devnet, type DevnetOptions, startDevnet } from "./devnet.ts";
import { accountNames } from "./genesis.ts";
import { writeReadyFile } from "./ready-file.ts";

const usage = `usage: ./dev devnet [options]
  --rpc-port N --keystore-port N --control-port N   0, the default, for free ports
  --block-time-ms N|manual                          100 by default
  --seed TEXT                                       makes all keys
  --shards N                                        1, the default, to 9
  --gates N                                         1 by default, each with accounts of its own
  --chain-id TEXT                                   "devnet" by default
  --ready-file PATH                                 written as JSON once everything listens
  --end-with-parent                                 ends when standard input closes
`;

interface Arguments {
  readonly options: DevnetOptions;
  readonly readyFile: string | undefined;
  readonly endsWithParent: boolean;
}

class UsageError extends Error {
  override readonly name = "UsageError";
}

function readArguments(): Arguments {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      "rpc-port": text,
      "keystore-port": text,
      "control-port": text,
      "block-time-ms": text,
      seed: text,
      shards: text,
      gates: text,
      "chain-id": text,
      "ready-file": text,
      "end-with-parent": { type: "boolean" },
    },
  });
  const options: DevnetOptions = {
    rpcPort: port(values["rpc-port"]),
    keystorePort: port(values["keystore-port"]),
    controlPort: port(values["control-port"]),
    blockTimeMs: blockTime(values["block-time-ms"]),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values.shards === undefined ? {} : { shards: Number(values.shards) }),
    ...(values.gates === undefined ? {} : { genesis: { gates: count(values.gates) } }),
    ...(values["chain-id"] === undefined ? {} : { chainId: values["chain-id"] }),
  };
  return { options, readyFile: values["ready-file"], endsWithParent: values["end-with-parent"] ?? false };
}

function port(given = "0"): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new UsageError(`${given} is no port`);
  return value;
}

/** Gates of which each has accounts of its own: far more than a node carries well. */
const mostGates = 1_000;

function count(given: string): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1 || value > mostGates)
    throw new UsageError(`${given} is no number of gates`);
  return value;
}

function blockTime(given = "100"): BlockTime {
  if (given === "manual") return given;
  const value = Number(given);
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`${given} is no block time`);
  return value;
}

function summary(devnet: Devnet): string {
  const curl = `curl -s ${devnet.rpcUrl} -H 'content-type: application/json' -d`;
  const request = { jsonrpc: "2.0", id: 1, method: "block", params: { finality: "final" } };
  const wallets = devnet.wallets.map(({ walletId, accountId }) => `  ${walletId}        ${accountId}`);
  return [
    `devnet "${devnet.chainId}"`,
    `  NEAR RPC        ${devnet.rpcUrl}`,
    `  keystore        ${devnet.keystoreUrl}   token ${devnet.keystoreToken}`,
    `  control         ${devnet.controlUrl}`,
    `  gate            ${devnet.gateId}, verifier ${devnet.verifierId}`,
    `  relayer         ${devnet.relayer.accountId}   ${devnet.relayer.secretKey}`,
    `  approver        ${devnet.approver.accountId}   ${devnet.approver.secretKey}`,
    `  user            ${accountNames.user}   ${devnet.secretKey(accountNames.user)}`,
    ...wallets,
    "try",
    `  ${curl} '${JSON.stringify(request)}'`,
    `  curl -s ${devnet.controlUrl}/`,
    "",
  ].join("\n");
}

async function main(): Promise<void> {
  const { options, readyFile, endsWithParent } = readArguments();
  const devnet = await startDevnet(options);
  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    process.stdin.pause();
    devnet.close().catch(fail);
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  if (endsWithParent) process.stdin.on("end", end).on("close", end).resume();
  process.stdout.write(summary(devnet));
  if (readyFile !== undefined) writeReadyFile(readyFile, readyShape(devnet));
}

function fail(error: unknown): void {
  const isUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  process.stderr.write(isUsage && error instanceof Error ? `${error.message}\n${usage}` : `${String(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

main().catch(fail);
