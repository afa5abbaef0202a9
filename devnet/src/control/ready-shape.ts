import type { AccountSecret, Devnet } from "../devnet.ts";
import { accountNames } from "../genesis.ts";

/** The message of a devnet to the process that started it. */
export function readyShape(devnet: Devnet): unknown {
  return {
    near_rpc: devnet.rpcUrl,
    keystore: devnet.keystoreUrl,
    devnet_control: devnet.controlUrl,
    keystore_token: devnet.keystoreToken,
    chain_id: devnet.chainId,
    relayer: secretShape(devnet.relayer),
    approver: secretShape(devnet.approver),
    gate_id: devnet.gateId,
    gates: devnet.gates.map(({ gateId, relayer, approver }) => ({
      gate_id: gateId,
      relayer: secretShape(relayer),
      approver: secretShape(approver),
    })),
    verifier_id: devnet.verifierId,
    wrapped_near_id: accountNames.wrap,
    wallets: devnet.wallets.map(({ walletId, accountId, publicKey }) => ({
      wallet_id: walletId,
      account_id: accountId,
      public_key: publicKey,
    })),
    accounts: devnet.accounts.map(secretShape),
  };
}

function secretShape({ accountId, secretKey }: AccountSecret): unknown {
  return { account_id: accountId, secret_key: secretKey };
}
