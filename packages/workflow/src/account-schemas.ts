import { z } from "zod";

const text = (description: string, example: string) => z.string().meta({ description, examples: [example] });
const blockHeight = z
  .int()
  .nonnegative()
  .meta({ description: "Lowest height of the final blocks at which the verifier was read.", examples: [200000124] });
const exampleKey = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";

/** Body of `POST /wallet/v1/accounts/derive`. */
export const publicKeyRequestSchema = z
  .looseObject({ public_key: text("`ed25519:`, `secp256k1:` or `p256:`, and base58.", exampleKey) })
  .meta({ id: "PublicKeyRequest", description: "A public key." });

export const derivedAccountSchema = z
  .object({
    public_key: text("As it was given.", exampleKey),
    account_id: text("The key's account.", "423df0a6640e9467769c55a573f15b9ee999dc8970048959c72890abf5cc3a8e"),
    kind: z.enum(["implicit_near", "implicit_eth"]).meta({ description: "Its kind.", examples: ["implicit_near"] }),
  })
  .meta({ id: "DerivedAccount", description: "The implicit account of a key." });

const accountKeySchema = z
  .object({
    public_key: text("Curve, colon and base58.", exampleKey),
    registered: z.boolean().meta({ description: "The verifier takes it for the account." }),
    on_near: z.enum(["full_access", "function_call", "absent", "not_a_near_key"]).meta({
      description: "What it is on the NEAR account; `not_a_near_key` where its curve is none of NEAR's.",
      examples: ["full_access"],
    }),
    stale: z.boolean().meta({
      description:
        "The verifier takes it, and the NEAR account, which could hold it, does not give it full access: whoever has it controls the account in the verifier.",
    }),
  })
  .meta({ id: "AccountKey", description: "A key of an account." });

export const keyTransactionSchema = z
  .object({
    transaction: z
      .object({
        signerId: text("The account itself.", "alice.near"),
        receiverId: text("The verifier.", "intents.near"),
        actions: z.array(
          z.object({
            type: z.literal("FunctionCall"),
            params: z.object({
              methodName: text("`add_public_key` or `remove_public_key`.", "add_public_key"),
              args: z.object({ public_key: text("The key.", exampleKey) }),
              gas: text("In gas units.", "100000000000000"),
              deposit: text("yoctoNEAR.", "1"),
            }),
          }),
        ),
      })
      .meta({ description: "As wallets take it." }),
    command: text(
      "The same for NEAR's command line.",
      "near contract call-function as-transaction intents.near add_public_key json-args '{…}' prepaid-gas '100 Tgas' attached-deposit '1 yoctoNEAR' sign-as alice.near network-config mainnet",
    ),
    wallet_link: z
      .string()
      .nullable()
      .meta({
        description:
          "The page of a web wallet that asks to sign the same: `/sign?transactions=`, base64 of the unsigned transaction in Borsh, in which the wallet puts key, nonce and block. Null where the operator names no wallet.",
        examples: ["https://app.mynearwallet.com/sign?transactions=…"],
      }),
  })
  .meta({ id: "KeyTransaction", description: "A transaction that only the account itself can send." });

export const accountSchema = z
  .object({
    account_id: text("The account's id.", "alice.near"),
    kind: z
      .enum(["named", "implicit_near", "implicit_eth", "deterministic"])
      .meta({ description: "Told by the id's form.", examples: ["named"] }),
    exists_on_near: z.boolean().meta({ description: "NEAR has it." }),
    locked: z.boolean().meta({ description: "The verifier has locked it: it receives, and does nothing else." }),
    auth_by_predecessor: z.boolean().meta({ description: "The verifier takes the account's own transactions." }),
    keys: z
      .array(accountKeySchema)
      .meta({ description: "Keys that the verifier takes, stale ones first; the first 100." }),
    keys_total: z
      .int()
      .nonnegative()
      .meta({ description: "How many keys the verifier lists.", examples: [1] }),
    asked_key: accountKeySchema.nullable().meta({ description: "The key that was asked about; else null." }),
    message: text("What is so about its keys, and what to do.", "it signs intents with each of its keys"),
    registration: keyTransactionSchema.nullable().meta({
      description:
        "Registers the key that was asked about, or else the account's first key; null where none is needed, or none helps.",
    }),
    balances: z.record(z.string(), z.string()).meta({
      description: "In the verifier, by token; of the tokens that were asked about.",
      examples: [{ "nep141:wrap.near": "1000" }],
    }),
    block_height: blockHeight,
  })
  .meta({ id: "Account", description: "An account as the verifier and NEAR have it." });

export const staleKeysSchema = z
  .object({
    account_id: text("The account's id.", "alice.near"),
    exists_on_near: z.boolean().meta({ description: "NEAR has it." }),
    stale_keys: z
      .array(
        accountKeySchema.extend({
          message: text("Who controls what with it.", "whoever has this key controls alice.near in the verifier, …"),
          removal: keyTransactionSchema
            .nullable()
            .meta({ description: "Removes it; null where the account can send no such transaction." }),
          removal_step: z
            .record(z.string(), z.json())
            .meta({ description: "The step that removes it, in a workflow of the account's." }),
        }),
      )
      .meta({ description: "In order of their text; the first 100." }),
    stale_total: z
      .int()
      .nonnegative()
      .meta({ description: "How many there are.", examples: [0] }),
    block_height: blockHeight,
  })
  .meta({
    id: "StaleKeys",
    description: "Keys that the verifier takes although the NEAR account does not give them full access.",
  });
