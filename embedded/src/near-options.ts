import type { NearChoice } from "./near.ts";
import { readContractsFile } from "./own-node/contracts-file.ts";

/** Options of the commands that run the product on a NEAR, for `parseArgs`. */
export const nearOptions = {
  "block-time-ms": { type: "string" },
  "near-rpc": { type: "string" },
  contracts: { type: "string" },
} as const;

export const nearUsage = `  --block-time-ms N   the devnet's, 100 by default; 600 is as on mainnet
  --near-rpc URL      a NEAR node of your own, instead of a devnet; a keystore runs beside the product
  --contracts FILE    its accounts, keys and contracts, as docs/own-node.md describes`;

export interface NearArguments {
  readonly "block-time-ms"?: string | undefined;
  readonly "near-rpc"?: string | undefined;
  readonly contracts?: string | undefined;
}

/** @throws Error that names the option, or the place in the file */
export function readNearChoice(given: NearArguments): NearChoice {
  const { "near-rpc": rpcUrl, contracts, "block-time-ms": blockTime } = given;
  if (rpcUrl === undefined && contracts === undefined) {
    return { kind: "devnet", blockTimeMs: integerArgument(blockTime ?? "100", 10, 60_000, "--block-time-ms") };
  }
  if (rpcUrl === undefined || contracts === undefined) throw new Error("--near-rpc and --contracts go together");
  if (blockTime !== undefined) throw new Error("--block-time-ms is the devnet's: it does not go with --near-rpc");
  if (!isHttpUrl(rpcUrl)) throw new Error("--near-rpc must be an http or https URL");
  return { kind: "own", rpcUrl, contracts: readContractsFile(contracts) };
}

/** The given ones of these options, as another command of ours takes them. */
export function nearArguments(given: NearArguments): string[] {
  return Object.keys(nearOptions).flatMap((name) => {
    const value = given[name as keyof NearArguments];
    return value === undefined ? [] : [`--${name}`, value];
  });
}

/** @throws Error that names the option */
export function integerArgument(given: string, min: number, max: number, name: string): number {
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (!(value >= min && value <= max)) throw new Error(`${name} must be an integer from ${min} to ${max}`);
  return value;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
