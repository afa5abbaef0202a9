import type { accountSchema, derivedAccountSchema, publicKeyRequestSchema, staleKeysSchema } from "@outlayer/workflow";
import type { z } from "zod";
import type { Example, Named } from "../types.ts";

const publicKey = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";

const given = { public_key: publicKey } satisfies z.infer<typeof publicKeyRequestSchema>;

const derived = {
  public_key: publicKey,
  account_id: "423df0a6640e9467769c55a573f15b9ee999dc8970048959c72890abf5cc3a8e",
  kind: "implicit_near",
} satisfies z.infer<typeof derivedAccountSchema>;

const key = { public_key: publicKey, registered: true, on_near: "full_access", stale: false } as const;

const keyTransaction = (methodName: string) => ({
  transaction: {
    signerId: "alice.near",
    receiverId: "intents.near",
    actions: [
      {
        type: "FunctionCall" as const,
        params: { methodName, args: { public_key: publicKey }, gas: "100000000000000", deposit: "1" },
      },
    ],
  },
  command: `near contract call-function as-transaction intents.near ${methodName} json-args '{"public_key":"${publicKey}"}' prepaid-gas '100 Tgas' attached-deposit '1 yoctoNEAR' sign-as alice.near network-config mainnet`,
  wallet_link: "https://app.mynearwallet.com/sign?transactions=CgAAAGFsaWNlLm5lYXIA…",
});

const registered = {
  account_id: "alice.near",
  kind: "named",
  exists_on_near: true,
  locked: false,
  auth_by_predecessor: true,
  keys: [key],
  keys_total: 1,
  asked_key: null,
  message: "it signs intents with each of its keys",
  registration: null,
  balances: { "nep141:wrap.near": "1000" },
  block_height: 200000124,
} satisfies z.infer<typeof accountSchema>;

const unregistered = {
  ...registered,
  keys: [],
  keys_total: 0,
  message: "no key is registered: it can be paid, and signs no intents until it has registered one",
  registration: keyTransaction("add_public_key"),
  balances: {},
} satisfies z.infer<typeof accountSchema>;

const stale = {
  account_id: "alice.near",
  exists_on_near: true,
  stale_keys: [
    {
      ...key,
      on_near: "absent",
      stale: true,
      message:
        "whoever has this key controls alice.near in the verifier, and NEAR does not give the key full access: remove it, unless it was registered for the verifier alone",
      removal: keyTransaction("remove_public_key"),
      removal_step: { kind: "intents.remove_public_key", public_key: publicKey },
    },
  ],
  stale_total: 1,
  block_height: 200000124,
} satisfies z.infer<typeof staleKeysSchema>;

export const publicKeyExamples: Named<Example> = { ed25519: { summary: "A key", value: given } };
export const derivedExamples: Named<Example> = { ed25519: { summary: "Its account", value: derived } };
export const accountExamples: Named<Example> = {
  registered: { summary: "It has a key", value: registered },
  unregistered: { summary: "It has to register one first", value: unregistered },
};
export const staleKeyExamples: Named<Example> = { stale: { summary: "A key that NEAR lacks", value: stale } };
