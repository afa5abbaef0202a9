import { z } from "zod";
import { stepFields as f, idempotencyKey } from "./step-fields.ts";

const text = (description: string, example: string) => z.string().meta({ description, examples: [example] });

const scopeFields = {
  user_id: text("The user whose key signs.", "mike.near"),
  registry_id: text("Only a namespace of the key's derivation; it signs nothing.", "mike.sequential.near"),
  receiver_id: text("The contract that is called.", "count.mike.near"),
  method_names: z
    .array(z.string())
    .meta({ description: "The methods that the key may call, exactly.", examples: [["increase"]] }),
};

/** Body of `POST /wallet/v1/direct-user/function-call-key/prepare`. */
export const directUserScopeSchema = z.looseObject(scopeFields).meta({
  id: "DirectUserScope",
  description: "What a scoped key of a user may be used for. Only scopes that the operator allows are taken.",
});

/** Body of `POST /wallet/v1/direct-user/function-call/execute`. */
export const directUserCallRequestSchema = z
  .looseObject({
    ...scopeFields,
    method_name: text("The method that is called. Default: the only one.", "increase").optional(),
    gas: text("In gas units, decimal, not zero. Default `30000000000000`.", "30000000000000").optional(),
    args_json: f.args_json.meta({
      description: "Arguments: a JSON text, or a JSON value. Default `{}`.",
      examples: ["{}", {}],
    }),
    deposit: text("Nothing but `0`, which is the default: a scoped key cannot attach any.", "0").optional(),
    idempotency_key: idempotencyKey,
  })
  .meta({
    id: "DirectUserCallRequest",
    description: "One call of the user's own key. Unknown fields are kept with the record and ignored.",
  });

const keyFields = {
  public_key: text("The scoped key.", "ed25519:FWhYFvht9CgfsUuo22f8k2iUW3bmDZxJ2UPq5iFdTTEy"),
  key_label: text(
    "The keystore's label of it.",
    "outlayer:wallet-1:direct-user-fc:mike.sequential.near:count.mike.near:v1",
  ),
};

/** Why a key counts as not installed. */
const keyReasons = [
  "absent",
  "full_access",
  "other_receiver",
  "other_methods",
  "unlimited_allowance",
  "exhausted",
] as const;
export type KeyReason = (typeof keyReasons)[number];

export const directUserKeySchema = z
  .object({
    ...scopeFields,
    method_names_hash: text(
      "Hex SHA-256 of the methods joined by line feeds.",
      "e20a548f23fa36bc8d5ba48237ec3ee4d4f00087841d3614f81749e3c6c1b47e",
    ),
    ...keyFields,
    install_command: text(
      "Puts the key on the user's account.",
      "near add-key mike.near ed25519:FWhY… --contractId count.mike.near --methodNames increase --allowance 0.05 --networkId mainnet",
    ),
    remove_command: text("Removes it.", "near delete-key mike.near ed25519:FWhY… --networkId mainnet"),
  })
  .meta({ id: "DirectUserKey", description: "The key of a scope, and how to install it." });

export const directUserKeyStatusSchema = z
  .object({
    ...scopeFields,
    ...keyFields,
    installed: z.boolean().meta({
      description:
        "It is on the user's account for exactly that scope, with an allowance that is finite and pays for a call.",
    }),
    reason: z
      .enum(keyReasons)
      .meta({ description: "Why it counts as not installed; null where it is.", examples: ["absent"] })
      .nullable(),
    message: text("The same as a sentence.", "the key is not on mike.near").nullable(),
    allowance_yocto: text(
      "What the key may still spend on gas, yoctoNEAR; null without a key, and for a key without a limit.",
      "50000000000000000000000",
    ).nullable(),
    block_height: z
      .int()
      .nonnegative()
      .meta({ description: "Of the final block at which it was read.", examples: [200000124] }),
  })
  .meta({ id: "DirectUserKeyStatus", description: "The key on the user's account." });
