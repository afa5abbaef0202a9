import { type DevnetProcess, startDevnetProcess } from "./devnet-process.ts";
import type { OwnContracts } from "./own-node/contracts-file.ts";
import { startOwnNear } from "./own-node/start-own-near.ts";

/** Which NEAR the product runs on: a devnet that is made for it, or a node of one's own. */
export type NearChoice =
  | { readonly kind: "devnet"; readonly blockTimeMs: number; readonly shards?: number }
  | { readonly kind: "own"; readonly rpcUrl: string; readonly contracts: OwnContracts };

/** Addresses and accounts of a NEAR, and of a keystore for it. */
export interface NearInfo {
  readonly near_rpc: string;
  readonly keystore: string;
  readonly keystore_token: string;
  readonly chain_id: string;
  readonly gate_id: string;
  readonly verifier_id: string;
  readonly wrapped_near_id: string;
  readonly relayer: { readonly account_id: string; readonly secret_key: string };
  readonly approver: { readonly account_id: string; readonly secret_key: string };
  readonly wallets: readonly { readonly wallet_id: string; readonly account_id: string }[];
  /** The devnet's controls; a node of one's own has none. */
  readonly devnet_control?: string;
}

export interface RunningNear {
  readonly info: NearInfo;
  stop(): Promise<void>;
}

/** What a chain of one's own is taken to have, milliseconds: as on mainnet. */
const ownBlockTimeMs = 600;

/**
 * @param say told what is made on a node of one's own
 * @throws ContractsFileError when that node lacks something that cannot be made
 */
export function startNear(choice: NearChoice, say: (line: string) => void): Promise<RunningNear | DevnetProcess> {
  return choice.kind === "devnet"
    ? startDevnetProcess(choice.blockTimeMs, choice.shards)
    : startOwnNear(choice.rpcUrl, choice.contracts, say);
}

/** Milliseconds from block to block. */
export function blockTimeMsOf(choice: NearChoice): number {
  return choice.kind === "devnet" ? choice.blockTimeMs : ownBlockTimeMs;
}
