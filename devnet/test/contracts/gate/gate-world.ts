import { strictEqual } from "node:assert";
import { createGate } from "../../../src/contracts/gate/gate.ts";
import { initGate } from "../../../src/contracts/gate/init.ts";
import { encodeBase64 } from "../../../src/crypto/base64.ts";
import { type DelegateAction, delegateHash, encodeSignedDelegate } from "../../../src/crypto/delegate.ts";
import { ed25519PublicKey } from "../../../src/crypto/ed25519.ts";
import { signHash } from "../../../src/crypto/sign.ts";
import { MockChain, type Outcome } from "../harness/mock-chain.ts";
import { stubContract } from "../harness/stub-contract.ts";

export const GATE = "gate.near";
export const OWNER = "owner.near";
export const APPROVER = "approver.near";
export const RELAYER = "relayer.near";
export const TARGET = "intents.near";
export const TIER_1 = 30_000_000_000_000_000_000_000n;
export const TGAS = 1_000_000_000_000n;

const SEED = new Uint8Array(32).fill(1);

export interface IntentSpec {
  readonly nonce: bigint;
  readonly receiver?: string;
  readonly method?: string;
  readonly gas?: bigint;
  readonly deposit?: bigint;
  readonly maxBlockHeight?: bigint;
}

/** A chain with a gate, as it is after deployment, and a target that takes everything. */
export function gateChain(height = 1000n): MockChain {
  const chain = new MockChain(height);
  chain.deploy(GATE, createGate(), (storage) => {
    initGate(storage, { ownerId: OWNER, approverId: APPROVER, relayerIds: [RELAYER] });
  });
  chain.deploy(TARGET, stubContract());
  return chain;
}

/** Base64 of a delegate that alice.near signed. */
export function signedDelegate(spec: IntentSpec): string {
  const delegateAction: DelegateAction = {
    senderId: "alice.near",
    receiverId: spec.receiver ?? TARGET,
    actions: [
      {
        kind: "functionCall",
        methodName: spec.method ?? "go",
        args: Buffer.from("{}"),
        gas: spec.gas ?? 100n * TGAS,
        deposit: spec.deposit ?? 0n,
      },
    ],
    nonce: spec.nonce,
    maxBlockHeight: spec.maxBlockHeight ?? 10_000n,
    publicKey: { curve: "ed25519", data: ed25519PublicKey(SEED) },
  };
  return encodeBase64(
    encodeSignedDelegate({ delegateAction, signature: signHash(SEED, delegateHash(delegateAction)) }),
  );
}

/** Submits without looking at the outcome. */
export function submit(chain: MockChain, spec: IntentSpec, gas = 250n * TGAS): Outcome {
  const args = { signed_delegate: signedDelegate(spec) };
  return chain.call({ receiver: GATE, method: "submit_intent", args, predecessor: RELAYER, gas });
}

/** Submits so many intents, with nonces from 1 and ids from 0. */
export function submitMany(chain: MockChain, count: number, spec: Omit<IntentSpec, "nonce"> = {}): void {
  for (let index = 0; index < count; index += 1) {
    strictEqual(submit(chain, { ...spec, nonce: BigInt(index + 1) }).ok, true);
  }
}

export function resumeBatch(
  chain: MockChain,
  ids: readonly string[],
  deposit = 2n * TIER_1,
  gas = 100n * TGAS,
): Outcome {
  const args = { intent_ids: ids };
  return chain.call({ receiver: GATE, method: "resume_batch_chained", args, predecessor: APPROVER, deposit, gas });
}

export function resumeOne(chain: MockChain, id: string, approve = true): Outcome {
  const args = { intent_id: id, approve };
  return chain.call({ receiver: GATE, method: "resume_intent", args, predecessor: APPROVER, deposit: TIER_1 });
}

/** The parsed trace events of all successful receipts, with the height and transaction of each. */
export function traces(chain: MockChain): readonly Record<string, unknown>[] {
  return chain.outcomes.flatMap(({ ok, logs, height, transaction }) =>
    ok
      ? logs
          .filter((line) => line.startsWith("trace:"))
          .map((line) => ({
            ...(JSON.parse(line.slice("trace:".length)) as object),
            height: Number(height),
            transaction,
          }))
      : [],
  );
}
