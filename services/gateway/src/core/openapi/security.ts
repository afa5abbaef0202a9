import type { Named, SecurityScheme } from "./types.ts";

export const securitySchemes = {
  walletId: {
    type: "apiKey",
    in: "header",
    name: "X-Wallet-Id",
    description:
      "The wallet that is acted for: 1 to 128 printable ASCII characters. Goes with `X-Internal-Wallet-Auth`.",
  },
  internalWalletAuth: {
    type: "apiKey",
    in: "header",
    name: "X-Internal-Wallet-Auth",
    description: "The operator's token, for workers that call from a WASI host. Goes with `X-Wallet-Id`.",
  },
  apiKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "wk_…",
    description: "An API key, which stands for one wallet: `Authorization: Bearer wk_…`.",
  },
  session: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "The token of an account that signed in: `Authorization: Bearer <JWT>`. It reads and cancels the workflows of its own wallet, and reads accounts; nothing is signed for it.",
  },
} as const satisfies Named<SecurityScheme>;

/** Either way; where several are sent, the first counts. */
export const walletSecurity = [{ walletId: [], internalWalletAuth: [] }, { apiKey: [] }, { session: [] }];
/** A session alone. */
export const sessionSecurity = [{ session: [] }];
export const noSecurity = [{}];
