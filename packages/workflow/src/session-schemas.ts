import { z } from "zod";
import { keyTransactionSchema } from "./account-schemas.ts";

const text = (description: string, example: string) => z.string().meta({ description, examples: [example] });
const accountId = text("The account that signs in.", "alice.near");
const exampleKey = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";
const exampleNonce = "amTtLKLfA1gmdkZ3dZ5Dp3T8bT1w9jq6T2sXjBp0rCk=";
const time = (description: string, example: string) => z.iso.datetime().meta({ description, examples: [example] });

/** Body of `POST /wallet/v1/auth/challenge`. */
export const challengeRequestSchema = z
  .looseObject({
    account_id: accountId,
    audience: text(
      "For whom the session is to be: the operator's audience, and no other. Where it is given it is checked.",
      "wallet.example",
    ).optional(),
  })
  .meta({ id: "ChallengeRequest", description: "Who wants to sign in." });

export const challengeSchema = z
  .object({
    account_id: accountId,
    message: text("What NEP-413 signs as `message`.", "Sign in to wallet.example as alice.near"),
    nonce: text("What NEP-413 signs as `nonce`: 32 bytes in base64.", exampleNonce),
    recipient: text("What NEP-413 signs as `recipient`.", "wallet.example"),
    text: text(
      "What every other standard signs, as it is. It is no JSON, so it can be no payload of the verifier's.",
      `Sign in to wallet.example as alice.near\n\nThis moves nothing. Sign it only where you want to sign in.\n\nRecipient: wallet.example\nAccount: alice.near\nNonce: ${exampleNonce}\nExpires: 2026-08-19T12:05:00.000Z`,
    ),
    expires_at: time("Until when it is taken.", "2026-08-19T12:05:00.000Z"),
  })
  .meta({ id: "Challenge", description: "What an account signs to sign in. It can be used once." });

/** Body of `POST /wallet/v1/auth/verify`. */
export const signInRequestSchema = z
  .looseObject({
    account_id: accountId,
    signed: z.record(z.string(), z.json()).meta({
      description:
        "The signed challenge as the verifier takes signed payloads: `standard`, `payload`, `public_key`, `signature`, and what else its standard has. `callbackUrl` of NEP-413 is part of what is signed, where the wallet signs one. The signature of an Ed25519 key may be base64 or base58 without `ed25519:` as well.",
      examples: [
        {
          standard: "nep413",
          payload: {
            message: "Sign in to wallet.example as alice.near",
            nonce: exampleNonce,
            recipient: "wallet.example",
          },
          public_key: exampleKey,
          signature: "ed25519:…",
        },
      ],
    }),
  })
  .meta({ id: "SignInRequest", description: "A challenge that an account has signed." });

export const sessionSchema = z
  .object({
    token: text("The session's token: `Authorization: Bearer <token>`.", "eyJhbGciOiJFZERTQSIs…"),
    token_type: z.literal("Bearer").meta({ description: "How the token is sent.", examples: ["Bearer"] }),
    expires_at: time("When the token expires: sign in again.", "2026-08-19T12:15:00.000Z"),
    session_id: z.uuid().meta({ description: "The session's id.", examples: ["0192f3c0-7c1e-7000-8000-000000000009"] }),
    wallet_id: text("The wallet that the session acts for.", "account:alice.near"),
    account_id: text("The account that signed in.", "alice.near"),
    public_key: text("The key that it signed with.", exampleKey),
    registered: z.boolean().meta({ description: "The verifier takes that key for the account." }),
    registration: keyTransactionSchema.nullable().meta({
      description: "Registers that key; null where none is needed, or none helps.",
    }),
  })
  .meta({ id: "Session", description: "A session of an account." });

export const signedOutSchema = z
  .object({
    session_id: z.uuid().meta({ description: "The session's id.", examples: ["0192f3c0-7c1e-7000-8000-000000000009"] }),
  })
  .meta({ id: "SignedOut", description: "A session that was revoked." });

export const sessionKeysSchema = z
  .object({
    keys: z
      .array(
        z.object({
          kty: z.literal("OKP").meta({ description: "As RFC 8037 has it." }),
          crv: z.literal("Ed25519").meta({ description: "As RFC 8037 has it." }),
          x: text("The public key, base64url.", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
          kid: text(
            "Its RFC 7638 thumbprint, as a token's header names it.",
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
          ),
          use: z.literal("sig").meta({ description: "It signs." }),
          alg: z.literal("EdDSA").meta({ description: "The only algorithm of tokens." }),
        }),
      )
      .meta({ description: "The one that signs first." }),
  })
  .meta({ id: "SessionKeys", description: "Keys under which tokens of sessions are accepted (RFC 7517)." });
