import { initToken } from "../../../src/contracts/token/init.ts";
import { createToken, createWrappedNear } from "../../../src/contracts/token/token.ts";
import type { MockChain } from "../harness/mock-chain.ts";
import { alice, chainWithUsers, USDC, VERIFIER, WNEAR } from "./verifier-world.ts";

const TGAS = 10n ** 12n;

/** A chain with the verifier and real tokens, which hold for it what it owes. */
export function chainWithTokens(): MockChain {
  const owed = { [WNEAR]: 10n ** 22n, [USDC]: 500n };
  const chain = chainWithUsers({ [alice.accountId]: owed });
  chain.deploy("wrap.near", createWrappedNear(), (storage) => {
    const balances = { [VERIFIER]: owed[WNEAR] ?? 0n, "holder.near": 1_000n, "registered.near": 0n };
    initToken(storage, { name: "Wrapped NEAR", symbol: "wNEAR", decimals: 24, balances });
  });
  chain.deploy("usdc.near", createToken(), (storage) => {
    const balances = { [VERIFIER]: owed[USDC] ?? 0n, "holder.near": 1_000n, "registered.near": 0n };
    initToken(storage, { name: "USD Coin", symbol: "USDC", decimals: 6, balances });
  });
  return chain;
}

export function tokenBalance(chain: MockChain, token: string, accountId: string): bigint {
  return BigInt(chain.view<string>(token, "ft_balance_of", { account_id: accountId }));
}

/** A call to a token with 1 yoctoNEAR and 100 Tgas, run to its end. */
export function tokenCall(chain: MockChain, token: string, predecessor: string, method: string, args: object): void {
  chain.call({ receiver: token, method, args, predecessor, deposit: 1n, gas: 100n * TGAS });
  chain.settle();
}
