import type { PolicyDocument, WalletGenesis } from "@outlayer/devnet";

export const near = 10n ** 24n;
export const wrap = "nep141:wrap.near";
export const usdc = "nep141:usdc.near";

/** Who gets what is stolen. No policy names them, and nobody lawful pays them. */
export const loot = "loot.near";

/** The only one whom limited wallets may pay. */
export const payee = "mike.near";

/** Raw units of wNEAR that a limited wallet may move in a day. */
export const dailyLimit = 10n;

/** A policy that binds to one payee and ten units a day. */
const limited = (types: readonly string[]): PolicyDocument => ({
  rules: {
    transaction_types: types,
    addresses: { mode: "whitelist", list: ["intents.near", payee] },
    limits: { daily: { [wrap]: String(dailyLimit), "*": "1000" } },
  },
});

const approved = (required: number): PolicyDocument => ({
  ...limited(["call", "transfer"]),
  approval: { threshold: { required } },
});

/** Wallets of people who mean harm, by what they try, with their policies. */
export const hostileWallets = {
  "hostile-power": limited(["call", "transfer"]),
  "hostile-swap": limited(["call", "transfer", "intents_swap"]),
  "hostile-history": limited(["call", "transfer"]),
  "hostile-gate": limited(["call", "transfer"]),
  "hostile-approval": approved(2),
  "hostile-zero-approvals": approved(0),
  // What it posts is refused in the end, so that it takes no turns on the gate.
  "hostile-bodies": { frozen: true },
  "hostile-headers": undefined,
  "hostile-streams": undefined,
  "hostile-reader": undefined,
  "hostile-keys": undefined,
  "hostile-views": undefined,
  "hostile-costs": undefined,
  "hostile-quota": undefined,
  "hostile-cancel": undefined,
  "hostile-fuzz": undefined,
} as const satisfies Readonly<Record<string, PolicyDocument | undefined>>;

export type HostileWallet = keyof typeof hostileWallets;

/** Those that plan more than a wallet may. */
export const unboundedWallets: readonly HostileWallet[] = ["hostile-bodies", "hostile-headers", "hostile-fuzz"];

/** Those whose policies a bypass would break. */
export const limitedWallets = Object.entries(hostileWallets).flatMap(([walletId, policy]) =>
  policy !== undefined && "rules" in policy ? [walletId] : [],
);

/** How many honest wallets there are. */
const honestCount = 4;

export const honestWallets = Array.from({ length: honestCount }, (_, index) => `honest-${index + 1}`);

/** What stands in the memo of an honest wallet's transfers. */
export const markerOf = (walletId: string) => `rent-of-${walletId}-only`;

export function walletGenesis(): readonly WalletGenesis[] {
  return [
    ...honestWallets.map((walletId) => ({ walletId })),
    ...Object.entries(hostileWallets).map(([walletId, policy]) =>
      policy === undefined ? { walletId } : { walletId, policy },
    ),
  ];
}

/** The same each time: a run can be played again. */
export const apiKeyOf = (walletId: string) => `wk_of_${walletId}_0123456789abcdefghijklmnop`;
