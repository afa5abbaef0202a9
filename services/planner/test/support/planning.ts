import { formatSignature, keyPairFromSeed, nep413Hash } from "@outlayer/near";
import { readJsonObject, readWorkflow } from "@outlayer/workflow";
import { oneClickSigner } from "../../../../test/support/one-click-quote.ts";
import type { Facts, Limits } from "../../src/core/facts.ts";
import { type Planning, plan } from "../../src/core/plan.ts";

export const gateId = "gate.sequential.near";

export const limits: Limits = {
  gates: [{ gateId, weight: 1, drain: false }],
  verifierId: "intents.near",
  oneClickKey: oneClickSigner.publicKey,
  chainReceivers: [],
  carriesOwnPayloads: true,
  wrappedNearId: "wrap.near",
  maxInnerGas: 130_000_000_000_000n,
  maxDepositYocto: 1n,
};

/** The wallet of the tests, an implicit account. */
export const walletAccount = "e7b729f013ada9da12126519d523e3acb855ec5b47e07b9d70aa359645865427";

export const facts: Facts = { accountId: walletAccount, feeTiers: [{ cap: 3 }, { cap: 6 }, { cap: 12 }] };

export interface Settings {
  readonly facts?: Facts;
  readonly limits?: Partial<Limits>;
  readonly haltOnFailure?: boolean;
  /** The account that signed in. */
  readonly session?: string;
}

/** Plans steps as a caller writes them. */
export function planOf(steps: readonly object[], settings: Settings = {}): Planning {
  const request = readWorkflow(readJsonObject(JSON.stringify({ steps })));
  const { haltOnFailure = false, session } = settings;
  const asked = { steps: request.steps, name: "steps", haltOnFailure, session } as const;
  return plan(asked, settings.facts ?? facts, { ...limits, ...settings.limits });
}

/** What is missing or wrong in a plan of one step; undefined when it is executable. */
export function problemOf(step: object, settings: Settings = {}): string | undefined {
  const { plan } = planOf([step], settings);
  if (!plan.accepted) return `rejected: ${plan.steps[0]?.reason}`;
  return plan.executable ? undefined : plan.setupRequirements[0]?.requirement;
}

/** The one call of a plan of one step. */
export function callOf(step: object, settings: Settings = {}) {
  const { plan, calls } = planOf([step], settings);
  const [call] = calls;
  if (call === undefined) throw new Error(`not executable: ${JSON.stringify(plan)}`);
  return call;
}

export const transfer = {
  kind: "intents.transfer",
  token: "nep141:wrap.near",
  amount: "1000000000000000000",
  receiver_id: "mike.near",
};

/** A plain call that its caller vouches for. */
export const gateCall = { receiver_id: "count.mike.near", method_name: "increase", route: "gate_proxy" };

export const nearIntentsCall = {
  receiver_id: "intents.near",
  method_name: "execute_intents",
  near_intents: { intents: [{ intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } }] },
};

const maker = keyPairFromSeed(new Uint8Array(32).fill(9));
export const makersKey = maker.publicKey;

/** A counterparty's message for the verifier, as every standard but NEP-413 signs it. */
function counterpartyMessage(changed: object = {}) {
  return {
    signer_id: "maker.near",
    verifying_contract: "intents.near",
    deadline: "2030-01-01T00:00:00Z",
    nonce: Buffer.alloc(32, 1).toString("base64"),
    intents: [{ intent: "token_diff", diff: { "nep141:wrap.near": "999", "nep141:usdt.near": "-2001" } }],
    ...changed,
  };
}

export function counterpartyPayload(changed: object = {}) {
  const payload = JSON.stringify(counterpartyMessage(changed));
  return {
    standard: "raw_ed25519",
    payload,
    public_key: makersKey,
    signature: formatSignature(maker.sign(Buffer.from(payload))),
  };
}

/** The same in NEP-413. */
export function counterpartyNep413({
  recipient = "intents.near",
  ...changed
}: {
  recipient?: string;
  nonce?: string;
} = {}) {
  const { verifying_contract: _, nonce, ...rest } = { ...counterpartyMessage(), ...changed };
  const payload = { message: JSON.stringify(rest), nonce, recipient };
  const bytes = Buffer.alloc(32, Buffer.from(nonce, "base64"));
  const signature = maker.sign(nep413Hash({ message: payload.message, nonce: bytes, recipient }));
  return { standard: "nep413", payload, public_key: makersKey, signature: formatSignature(signature) };
}
