import type {
  challengeRequestSchema,
  challengeSchema,
  sessionKeysSchema,
  sessionSchema,
  signedOutSchema,
  signInRequestSchema,
} from "@outlayer/workflow";
import type { z } from "zod";
import type { Example, Named } from "../types.ts";

const publicKey = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";
const sessionId = "0192f3c0-7c1e-7000-8000-000000000009";
const message = "Sign in to wallet.example as alice.near";
const nonce = "aoP4XI8jlYLpvY1SWTsXD2dUN6gEBtsP1xXO9r3lYhI=";

const asked = { account_id: "alice.near" } satisfies z.infer<typeof challengeRequestSchema>;

const challenge = {
  account_id: "alice.near",
  message,
  nonce,
  recipient: "wallet.example",
  text: `${message}\n\nThis moves nothing. Sign it only where you want to sign in.\n\nRecipient: wallet.example\nAccount: alice.near\nNonce: ${nonce}\nExpires: 2026-08-19T12:05:00.000Z`,
  expires_at: "2026-08-19T12:05:00.000Z",
} satisfies z.infer<typeof challengeSchema>;

const nep413 = {
  account_id: "alice.near",
  signed: {
    standard: "nep413",
    payload: { message, nonce, recipient: "wallet.example" },
    public_key: publicKey,
    signature: "ed25519:…",
  },
} satisfies z.infer<typeof signInRequestSchema>;

const erc191 = {
  account_id: "0xbff77166b39599e54e391156eef7b8191e02be92",
  signed: {
    standard: "erc191",
    payload: challenge.text.replaceAll("alice.near", "0xbff77166b39599e54e391156eef7b8191e02be92"),
    signature: "secp256k1:…",
  },
} satisfies z.infer<typeof signInRequestSchema>;

const session = {
  token: "eyJhbGciOiJFZERTQSIs…",
  token_type: "Bearer",
  expires_at: "2026-08-19T12:15:00.000Z",
  session_id: sessionId,
  wallet_id: "account:alice.near",
  account_id: "alice.near",
  public_key: publicKey,
  registered: true,
  registration: null,
} satisfies z.infer<typeof sessionSchema>;

const signedOut = { session_id: sessionId } satisfies z.infer<typeof signedOutSchema>;

const keys = {
  keys: [
    {
      kty: "OKP",
      crv: "Ed25519",
      x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
      use: "sig",
      alg: "EdDSA",
    },
  ],
} satisfies z.infer<typeof sessionKeysSchema>;

export const challengeRequestExamples: Named<Example> = { account: { summary: "An account", value: asked } };
export const challengeExamples: Named<Example> = { challenge: { summary: "What it signs", value: challenge } };
export const signInExamples: Named<Example> = {
  nep413: { summary: "Signed by a NEAR wallet", value: nep413 },
  erc191: { summary: "Signed by an Ethereum wallet", value: erc191 },
};
export const sessionExamples: Named<Example> = { session: { summary: "Its session", value: session } };
export const signedOutExamples: Named<Example> = { revoked: { summary: "It is revoked", value: signedOut } };
export const sessionKeyExamples: Named<Example> = { keys: { summary: "One key", value: keys } };
