import { addVerifierKey, creditVerifier } from "../../../src/contracts/verifier/controls.ts";
import { initVerifier, type VerifierGenesis } from "../../../src/contracts/verifier/init.ts";
import { createVerifier, type VerifierOptions } from "../../../src/contracts/verifier/verifier.ts";
import { encodeBase64 } from "../../../src/crypto/base64.ts";
import { ed25519PublicKey, signEd25519 } from "../../../src/crypto/ed25519.ts";
import { formatKey, type PublicKey } from "../../../src/crypto/keys.ts";
import { nep413Hash } from "../../../src/crypto/nep413.ts";
import { MockChain, type Outcome } from "../harness/mock-chain.ts";

export const VERIFIER = "intents.near";
export const DAO = "dao.near";
export const WNEAR = "nep141:wrap.near";
export const USDC = "nep141:usdc.near";
export const SALT = "58d14206";

const GENESIS: VerifierGenesis = {
  feePips: 1,
  feeCollectorId: "collector.near",
  wrappedNearId: "wrap.near",
  salt: SALT,
  roles: { DAO: [DAO] },
};

/** A chain with a verifier as the transcript begins with. */
export function verifierChain(genesis: Partial<VerifierGenesis> = {}, options: VerifierOptions = {}): MockChain {
  const chain = new MockChain();
  chain.deploy(VERIFIER, createVerifier(options), (storage) => initVerifier(storage, { ...GENESIS, ...genesis }));
  return chain;
}

/** Somebody with a key of their own. */
export interface User {
  readonly accountId: string;
  readonly seed: Uint8Array;
  readonly key: PublicKey;
}

export function user(accountId: string): User {
  const seed = new Uint8Array(32);
  seed.set(Buffer.from(accountId).subarray(0, 32));
  return { accountId, seed, key: { curve: "ed25519", data: ed25519PublicKey(seed) } };
}

export const alice = user("alice.near");
export const bob = user("bob.near");

/** The same, with alice's and bob's keys registered, and tokens for them. */
export function chainWithUsers(
  balances: Readonly<Record<string, Readonly<Record<string, bigint>>>> = {
    [alice.accountId]: { [WNEAR]: 1_000_000n },
    [bob.accountId]: { [USDC]: 1_000_000n },
  },
  genesis: Partial<VerifierGenesis> = {},
): MockChain {
  const chain = new MockChain();
  chain.deploy(VERIFIER, createVerifier(), (storage) => {
    initVerifier(storage, { ...GENESIS, ...genesis });
    for (const { accountId, key } of [alice, bob]) addVerifierKey(storage, accountId, key);
    for (const [accountId, amounts] of Object.entries(balances)) {
      for (const [tokenId, amount] of Object.entries(amounts)) creditVerifier(storage, accountId, tokenId, amount);
    }
  });
  return chain;
}

let lastNonce = 0;

/** 32 bytes that no other call got: a legacy nonce. */
export function freshNonce(): Uint8Array {
  lastNonce += 1;
  const nonce = Buffer.alloc(32, 7);
  nonce.writeUInt32BE(lastNonce);
  return new Uint8Array(nonce);
}

/** A versioned nonce: prefix, version, salt, deadline (nanoseconds), 15 bytes. */
export function versionedNonce(salt: string, deadlineNs: bigint): Uint8Array {
  const nonce = Buffer.alloc(32, 5);
  Buffer.from(`5628f6c600${salt}`, "hex").copy(nonce);
  nonce.writeBigInt64LE(deadlineNs, 9);
  return new Uint8Array(nonce);
}

export interface PayloadSpec {
  readonly nonce?: Uint8Array;
  readonly deadline?: string;
  readonly recipient?: string;
}

/** A NEP-413 payload that the user signed. */
export function signed(signer: User, intents: readonly object[], spec: PayloadSpec = {}): object {
  const { nonce = freshNonce(), deadline = "2030-01-01T00:00:00Z", recipient = VERIFIER } = spec;
  const message = JSON.stringify({ signer_id: signer.accountId, deadline, intents });
  const hash = nep413Hash({ message, nonce, recipient, callbackUrl: null });
  return {
    standard: "nep413",
    payload: { message, nonce: encodeBase64(nonce), recipient },
    public_key: formatKey(signer.key),
    signature: formatKey({ curve: "ed25519", data: signEd25519(signer.seed, hash) }),
  };
}

/** Anybody executes. */
export function execute(chain: MockChain, ...payloads: readonly object[]): Outcome {
  return chain.call({
    receiver: VERIFIER,
    method: "execute_intents",
    args: { signed: payloads },
    predecessor: "x.near",
  });
}

/** A transaction to the verifier with 1 yoctoNEAR, unless another deposit is given. */
export function transact(chain: MockChain, predecessor: string, method: string, args: unknown, deposit = 1n): Outcome {
  return chain.call({ receiver: VERIFIER, method, args, predecessor, deposit });
}

export function balanceOf(chain: MockChain, accountId: string, tokenId: string): bigint {
  return BigInt(chain.view<string>(VERIFIER, "mt_balance_of", { account_id: accountId, token_id: tokenId }));
}

/** The NEP-297 events of a receipt, as `standard event` and data. */
export function events(outcome: Outcome): readonly (readonly [name: string, data: unknown])[] {
  return outcome.logs.map((line) => {
    const event = JSON.parse(line.slice("EVENT_JSON:".length)) as { standard: string; event: string; data: unknown };
    return [`${event.standard} ${event.event}`, event.data];
  });
}
