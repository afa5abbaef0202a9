import { deepStrictEqual, strictEqual } from "node:assert";
import { saltOfSeed } from "../../../src/contracts/verifier/state/salts.ts";
import { sha256 } from "../../../src/crypto/hash.ts";
import { implicitAccountOf } from "../../../src/crypto/implicit-account.ts";
import { formatKey, parsePublicKey } from "../../../src/crypto/keys.ts";
import {
  alice,
  bob,
  chainWithUsers,
  DAO,
  events,
  execute,
  SALT,
  signed,
  transact,
  user,
  VERIFIER,
  verifierChain,
  WNEAR,
} from "./verifier-world.ts";

const KEY = "ed25519:9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj";

describe("a key", () => {
  it("that was added by transaction signs, and no longer once it was removed by intent", () => {
    const chain = verifierChain();
    const newcomer = user("new.near");
    const public_key = formatKey(newcomer.key);
    strictEqual(
      execute(chain, signed(newcomer, [])).panic,
      `public key '${public_key}' doesn't exist for account 'new.near'`,
    );
    strictEqual(transact(chain, "new.near", "add_public_key", { public_key }).ok, true);
    strictEqual(execute(chain, signed(newcomer, [{ intent: "remove_public_key", public_key }])).ok, true);
    strictEqual(execute(chain, signed(newcomer, [])).ok, false);
    deepStrictEqual(chain.view(VERIFIER, "public_keys_of", { account_id: "new.near" }), []);
  });

  it("is removed by transaction with an event without an intent hash", () => {
    const chain = chainWithUsers();
    const public_key = formatKey(alice.key);
    const removed = transact(chain, alice.accountId, "remove_public_key", { public_key });
    deepStrictEqual(events(removed), [["dip4 public_key_removed", { account_id: alice.accountId, public_key }]]);
  });

  it("of an implicit account counts from the first, until removed, and again after", () => {
    const chain = verifierChain();
    const key = parsePublicKey(KEY);
    const account_id = implicitAccountOf(key);
    const has = () => chain.view(VERIFIER, "has_public_key", { account_id, public_key: KEY });
    const own = () => chain.view(VERIFIER, "public_keys_of", { account_id });
    deepStrictEqual([has(), own()], [true, [KEY]]);
    strictEqual(
      transact(chain, account_id, "add_public_key", { public_key: KEY }).panic?.includes("already exists"),
      true,
    );
    strictEqual(transact(chain, account_id, "remove_public_key", { public_key: KEY }).ok, true);
    deepStrictEqual([has(), own()], [false, []]);
    strictEqual(transact(chain, account_id, "add_public_key", { public_key: KEY }).ok, true);
    deepStrictEqual([has(), own()], [true, [KEY]]);
  });

  it("without a curve's name is Ed25519, and the same key", () => {
    const chain = chainWithUsers();
    const args = { account_id: alice.accountId, public_key: formatKey(alice.key).slice("ed25519:".length) };
    strictEqual(chain.view(VERIFIER, "has_public_key", args), true);
  });
});

describe("authentication by predecessor", () => {
  it("is on for accounts never seen, and turned off by transaction for good but by intent", () => {
    const chain = chainWithUsers();
    const isOn = (account_id: string) => chain.view(VERIFIER, "is_auth_by_predecessor_id_enabled", { account_id });
    strictEqual(isOn("never.near"), true);
    const off = transact(chain, alice.accountId, "disable_auth_by_predecessor_id", {});
    deepStrictEqual(events(off), [
      ["dip4 set_auth_by_predecessor_id", { account_id: alice.accountId, enabled: false }],
    ]);
    strictEqual(isOn(alice.accountId), false);
    const said = "authentication by PREDECESSOR_ID is disabled for account 'alice.near'";
    strictEqual(transact(chain, alice.accountId, "disable_auth_by_predecessor_id", {}).panic, said);
    const transfer = { receiver_id: "bob.near", token_id: WNEAR, amount: "1" };
    strictEqual(transact(chain, alice.accountId, "mt_transfer", transfer).panic, said);
    strictEqual(execute(chain, signed(alice, [{ intent: "set_auth_by_predecessor_id", enabled: true }])).ok, true);
    strictEqual(transact(chain, alice.accountId, "mt_transfer", transfer).ok, true);
  });
});

describe("a transaction", () => {
  it("needs exactly 1 yoctoNEAR before anything else is looked at", () => {
    const chain = chainWithUsers();
    const said = "Requires attached deposit of exactly 1 yoctoNEAR";
    const calls: readonly (readonly [method: string, args: object])[] = [
      ["add_public_key", { public_key: KEY }],
      ["remove_public_key", { public_key: KEY }],
      ["disable_auth_by_predecessor_id", {}],
      ["mt_transfer", { receiver_id: "bob.near", token_id: "x", amount: "0" }],
      ["ft_withdraw", { token: "wrap.near", receiver_id: "bob.near", amount: "0" }],
    ];
    for (const [method, args] of calls) {
      strictEqual(transact(chain, "never.near", method, args, 0n).panic, said, method);
      strictEqual(transact(chain, "never.near", method, args, 2n).panic, said, method);
    }
    strictEqual(transact(chain, DAO, "set_fee", { fee: 2 }, 0n).panic, said);
  });
});

describe("administration", () => {
  it("asks for a role before the deposit, and names those that would do", () => {
    const chain = verifierChain();
    const refusal = (method: string, args: object) => transact(chain, bob.accountId, method, args, 0n).panic;
    const said = (method: string, roles: string) =>
      `Insufficient permissions for method ${method} restricted by access control. Requires one of these roles: [${roles}]`;
    const unlockers = '"DAO", "UnrestrictedAccountUnlocker", "UnrestrictedAccountManager"';
    strictEqual(refusal("force_unlock_account", { account_id: "a.near" }), said("force_unlock_account", unlockers));
    strictEqual(
      refusal("set_fee_collector", { fee_collector: "a.near" }),
      said("set_fee_collector", '"DAO", "FeesManager"'),
    );
    strictEqual(refusal("update_current_salt", {}), said("update_current_salt", '"DAO", "SaltManager"'));
    strictEqual(refusal("invalidate_salts", { salts: [] }), said("invalidate_salts", '"DAO", "SaltManager"'));
  });

  it("is done by whom the role was given to", () => {
    const chain = verifierChain({ roles: { FeesManager: [bob.accountId] } });
    strictEqual(transact(chain, bob.accountId, "set_fee", { fee: 3 }).ok, true);
    strictEqual(chain.view(VERIFIER, "fee"), 3);
    strictEqual(transact(chain, bob.accountId, "update_current_salt", {}).ok, false);
  });

  it("takes a fee up to the whole", () => {
    const chain = verifierChain();
    strictEqual(transact(chain, DAO, "set_fee", { fee: 1_000_000 }).ok, true);
    const tooHigh = transact(chain, DAO, "set_fee", { fee: 1_000_001 }).panic;
    strictEqual(tooHigh?.includes("`out of range: 0..=1000000 at"), true);
  });

  it("locks and unlocks with an event only where that changes something", () => {
    const chain = verifierChain();
    const lock = () => transact(chain, DAO, "force_lock_account", { account_id: "a.near" }).logs.length;
    const unlock = () => transact(chain, DAO, "force_unlock_account", { account_id: "a.near" }).logs.length;
    deepStrictEqual([unlock(), lock(), lock(), unlock(), unlock()], [0, 1, 0, 1, 0]);
  });
});

describe("a rotation of salts", () => {
  const saltOf = (seed: Uint8Array, attempt: number) =>
    Buffer.from(sha256(seed, Uint8Array.of(attempt)).subarray(0, 4)).toString("hex");

  it("makes the salt from the block's seed, and another one in the same block", () => {
    const chain = verifierChain({}, { deriveSalt: saltOfSeed });
    chain.randomSeed = new Uint8Array(32).fill(9);
    const rotate = () => Buffer.from(transact(chain, DAO, "update_current_salt", {}).value ?? []).toString();
    strictEqual(rotate(), `"${saltOf(chain.randomSeed, 0)}"`);
    strictEqual(rotate(), `"${saltOf(chain.randomSeed, 1)}"`);
    strictEqual(chain.view(VERIFIER, "is_valid_salt", { salt: SALT }), true);
  });

  it("is forced by invalidating the current one; salts that never were are passed over", () => {
    const chain = verifierChain();
    const done = transact(chain, DAO, "invalidate_salts", { salts: [SALT, "ffffffff"] });
    const current = chain.view(VERIFIER, "current_salt");
    deepStrictEqual(events(done), [["dip4 salt_rotation", { current, invalidated: [SALT] }]]);
    strictEqual(current === SALT, false);
    strictEqual(chain.view(VERIFIER, "is_valid_salt", { salt: SALT }), false);
  });
});
