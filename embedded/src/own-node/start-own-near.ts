import { fileURLToPath } from "node:url";
import type { NearInfo, RunningNear } from "../near.ts";
import { startReadyProcess } from "../ready-process.ts";
import type { OwnContracts } from "./contracts-file.ts";
import { OwnNode } from "./own-node.ts";
import { prepare } from "./prepare.ts";

/** What the keystore says of itself when it is ready. */
type KeystoreInfo = Pick<NearInfo, "keystore" | "keystore_token" | "wallets">;

const keystoreMain = fileURLToPath(new URL("../../../devnet/src/keystore-main.ts", import.meta.url));

/**
 * Starts a keystore for a NEAR node of one's own, and makes on the node what the file names and the node lacks.
 * @throws ContractsFileError when something is missing that cannot be made; Error when the node does not answer
 */
export async function startOwnNear(
  rpcUrl: string,
  contracts: OwnContracts,
  say: (line: string) => void,
): Promise<RunningNear> {
  const node = new OwnNode(rpcUrl);
  const chainId = await node.chainId().catch((error) => {
    throw new Error(`the NEAR node at ${new URL(rpcUrl).origin} does not answer: ${error.message}`);
  });
  const keystore = await startReadyProcess<KeystoreInfo>(
    "the keystore",
    keystoreMain,
    ["--near-rpc", rpcUrl, "--wallets", contracts.wallets.join(",")],
    { KEYSTORE_SECRET: contracts.keystore_secret },
  );
  try {
    const info = infoOf(rpcUrl, chainId, contracts, keystore.info);
    await prepare(node, contracts, info.wallets, say);
    return { info, stop: () => keystore.stop() };
  } catch (error) {
    await keystore.stop();
    throw error;
  }
}

function infoOf(rpcUrl: string, chainId: string, contracts: OwnContracts, keystore: KeystoreInfo): NearInfo {
  return {
    ...keystore,
    near_rpc: rpcUrl,
    chain_id: chainId,
    gate_id: contracts.gate.account_id,
    verifier_id: contracts.verifier.account_id,
    wrapped_near_id: contracts.wrapped_near.account_id,
    relayer: contracts.relayer,
    approver: contracts.approver,
  };
}
