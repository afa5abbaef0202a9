import { deepStrictEqual, strictEqual } from "node:assert";
import { setVerifierLock, setVerifierSalt } from "../../../src/contracts/verifier/controls.ts";
import { initVerifier } from "../../../src/contracts/verifier/init.ts";
import { createVerifier } from "../../../src/contracts/verifier/verifier.ts";
import { encodeBase64 } from "../../../src/crypto/base64.ts";
import { MockChain } from "../harness/mock-chain.ts";
import {
  alice,
  balanceOf,
  bob,
  chainWithUsers,
  DAO,
  execute,
  freshNonce,
  SALT,
  signed,
  transact,
  user,
  VERIFIER,
  versionedNonce,
  WNEAR,
} from "./verifier-world.ts";

const NOW_NS = 1_780_000_000_000_000_000n;
const NOW = "2026-05-28T20:26:40Z";
const PAST = "2020-01-01T00:00:00Z";
const payOne = [{ intent: "transfer", receiver_id: "bob.near", tokens: { [WNEAR]: "1" } }];
const tooMuch = [{ intent: "transfer", receiver_id: "bob.near", tokens: { [WNEAR]: "1000001" } }];
const unknown = user("unknown.near");

describe("the verifier refuses with the first of several reasons", () => {
  it("arguments before signatures", () => {
    const chain = chainWithUsers();
    const broken = { ...signed(alice, []), signature: "ed25519:111" };
    const { panic } = execute(chain, { ...signed(alice, []), signature: signed(bob, []) }, broken);
    strictEqual(panic?.startsWith("Failed to deserialize input from JSON. Error: `invalid type: map"), true);
  });

  it("an invalid signature before what was signed", () => {
    const payload = signed(alice, [{ intent: "nonsense" }]) as { public_key: string };
    const { public_key } = signed(bob, []) as { public_key: string };
    strictEqual(execute(chainWithUsers(), { ...payload, public_key }).panic, "invalid signature");
  });

  it("an unreadable message before the wrong verifier", () => {
    const payload = signed(alice, [{ intent: "nonsense" }], { recipient: "other.near" });
    strictEqual(execute(chainWithUsers(), payload).panic?.startsWith("JSON: unknown variant `nonsense`"), true);
  });

  it("the wrong verifier before the deadline, the deadline before the key, the key before the nonce", () => {
    const chain = chainWithUsers();
    const late = versionedNonce("00000000", 0n);
    const refusal = (signer: typeof alice, spec: object) =>
      execute(chain, signed(signer, [], { nonce: late, ...spec })).panic;
    strictEqual(refusal(unknown, { recipient: "other.near", deadline: PAST }), "wrong verifying_contract");
    strictEqual(refusal(unknown, { deadline: PAST }), "deadline has expired");
    const missing = `public key 'ed25519:`;
    strictEqual(refusal(unknown, {})?.startsWith(missing), true);
    strictEqual(refusal(alice, {}), "deadline is greater than nonce");
  });

  it("the nonce's form before its use, and a lock before its use", () => {
    const chain = chainWithUsers();
    const used = signed(alice, []);
    strictEqual(execute(chain, used).ok, true);
    strictEqual(transact(chain, DAO, "force_lock_account", { account_id: alice.accountId }).ok, true);
    strictEqual(execute(chain, used).panic, "account 'alice.near' is locked");
    const foreignSalt = signed(alice, [], { nonce: versionedNonce("00000000", 2n ** 62n) });
    strictEqual(execute(chain, foreignSalt).panic, "invalid salt");
  });

  it("an intent before the balance of all", () => {
    const unbalanced = signed(alice, [{ intent: "token_diff", diff: { [WNEAR]: "-1" } }, ...tooMuch]);
    strictEqual(execute(chainWithUsers(), unbalanced).panic, "insufficient balance or overflow");
  });

  it("and reverts all of the batch, nonces too, so that the same bytes may be sent again", () => {
    const chain = chainWithUsers();
    const [good, bad] = [signed(alice, payOne), signed(alice, tooMuch)];
    const before = chain.snapshot(VERIFIER);
    strictEqual(execute(chain, good, bad).ok, false);
    deepStrictEqual(chain.snapshot(VERIFIER), before);
    strictEqual(execute(chain, good).ok, true);
    strictEqual(balanceOf(chain, bob.accountId, WNEAR), 1n);
  });
});

describe("a payload's time", () => {
  it("is good in the very nanosecond of its deadline, and not after", () => {
    const chain = chainWithUsers();
    chain.timestampNs = NOW_NS;
    strictEqual(execute(chain, signed(alice, [], { deadline: NOW })).panic, undefined);
    chain.timestampNs = NOW_NS + 1n;
    strictEqual(execute(chain, signed(alice, [], { deadline: NOW })).panic, "deadline has expired");
    strictEqual(
      execute(chain, signed(alice, [], { deadline: "2026-05-28T22:26:40.000000001+02:00" })).panic,
      undefined,
    );
  });

  for (const deadline of ["2030-01-01", "2030-01-01T00:00:00", "tomorrow", "2030-13-01T00:00:00Z"]) {
    it(`must be RFC 3339 with an offset: not ${deadline}`, () => {
      strictEqual(execute(chainWithUsers(), signed(alice, [], { deadline })).panic?.startsWith("JSON: input"), true);
    });
  }
});

describe("a nonce", () => {
  const until = BigInt(Date.UTC(2030, 0, 1)) * 1_000_000n;

  it("is good once per account", () => {
    const chain = chainWithUsers();
    const nonce = freshNonce();
    strictEqual(execute(chain, signed(alice, [], { nonce })).ok, true);
    strictEqual(execute(chain, signed(alice, payOne, { nonce })).panic, "nonce was already used");
    strictEqual(execute(chain, signed(bob, [], { nonce })).ok, true);
    const isUsed = (account_id: string) =>
      chain.view(VERIFIER, "is_nonce_used", { account_id, nonce: encodeBase64(nonce) });
    deepStrictEqual([alice.accountId, bob.accountId, unknown.accountId].map(isUsed), [true, true, false]);
  });

  it("is good once within a batch, too", () => {
    const nonce = freshNonce();
    const batch = [signed(alice, [], { nonce }), signed(alice, payOne, { nonce })];
    strictEqual(execute(chainWithUsers(), ...batch).panic, "nonce was already used");
  });

  it("of the versioned form bounds the deadline, to the nanosecond", () => {
    const chain = chainWithUsers();
    strictEqual(execute(chain, signed(alice, [], { nonce: versionedNonce(SALT, until) })).ok, true);
    const short = signed(alice, [], { nonce: versionedNonce(SALT, until - 1n) });
    strictEqual(execute(chain, short).panic, "deadline is greater than nonce");
  });

  it("keeps its salt through a rotation, until that is invalidated", () => {
    const chain = new MockChain();
    chain.deploy(VERIFIER, createVerifier(), (storage) => {
      initVerifier(storage, {
        feePips: 0,
        feeCollectorId: "c.near",
        wrappedNearId: "wrap.near",
        salt: SALT,
        roles: { DAO: [DAO] },
      });
      setVerifierSalt(storage, "0a0b0c0d");
    });
    strictEqual(chain.view(VERIFIER, "current_salt"), "0a0b0c0d");
    strictEqual(chain.view(VERIFIER, "is_valid_salt", { salt: SALT }), true);
    strictEqual(transact(chain, DAO, "invalidate_salts", { salts: [SALT] }).ok, true);
    strictEqual(chain.view(VERIFIER, "is_valid_salt", { salt: SALT }), false);
  });
});

describe("a locked account", () => {
  const locked = () => {
    const chain = new MockChain();
    chain.deploy(VERIFIER, createVerifier(), (storage) => {
      initVerifier(storage, {
        feePips: 0,
        feeCollectorId: "c.near",
        wrappedNearId: "wrap.near",
        salt: SALT,
        roles: { DAO: [DAO] },
      });
      setVerifierLock(storage, alice.accountId, true);
    });
    return chain;
  };
  const said = "account 'alice.near' is locked";

  it("cannot change keys, send or withdraw", () => {
    const chain = locked();
    const public_key = "ed25519:9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj";
    const transfer = { receiver_id: "bob.near", token_id: WNEAR, amount: "1" };
    const withdraw = { token: "wrap.near", receiver_id: "bob.near", amount: "1" };
    strictEqual(transact(chain, alice.accountId, "add_public_key", { public_key }).panic, said);
    strictEqual(transact(chain, alice.accountId, "remove_public_key", { public_key }).panic, said);
    strictEqual(transact(chain, alice.accountId, "mt_transfer", transfer).panic, said);
    strictEqual(transact(chain, alice.accountId, "ft_withdraw", withdraw).panic, said);
    strictEqual(transact(chain, alice.accountId, "disable_auth_by_predecessor_id", {}).panic, said);
  });

  it("still receives, and sends again once it is unlocked", () => {
    const chain = locked();
    const args = { sender_id: alice.accountId, amount: "5", msg: "" };
    strictEqual(transact(chain, "wrap.near", "ft_on_transfer", args, 0n).ok, true);
    strictEqual(transact(chain, DAO, "force_unlock_account", { account_id: alice.accountId }).ok, true);
    const transfer = { receiver_id: "bob.near", token_id: WNEAR, amount: "5" };
    strictEqual(transact(chain, alice.accountId, "mt_transfer", transfer).ok, true);
  });
});
