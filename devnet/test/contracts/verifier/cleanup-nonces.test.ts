import { deepStrictEqual, strictEqual } from "node:assert";
import { encodeBase64 } from "../../../src/crypto/base64.ts";
import {
  alice,
  chainWithUsers,
  DAO,
  execute,
  freshNonce,
  SALT,
  signed,
  transact,
  VERIFIER,
  versionedNonce,
} from "./verifier-world.ts";

const deadline = "2030-01-01T00:00:00Z";
const deadlineNs = BigInt(Date.parse(deadline)) * 1_000_000n;

describe("cleanup_nonces", () => {
  const worldWith = (nonce: Uint8Array) => {
    const chain = chainWithUsers();
    strictEqual(execute(chain, signed(alice, [], { nonce, deadline })).ok, true);
    const named = { account_id: alice.accountId, nonce: encodeBase64(nonce) };
    const cleanUp = () => transact(chain, DAO, "cleanup_nonces", { nonces: [[alice.accountId, [named.nonce]]] });
    return { chain, cleanUp, isUsed: () => chain.view(VERIFIER, "is_nonce_used", named) };
  };

  it("leaves a nonce that is not over, and a legacy one for good", () => {
    const running = worldWith(versionedNonce(SALT, deadlineNs));
    running.chain.timestampNs = deadlineNs;
    strictEqual(running.cleanUp().ok, true);
    strictEqual(running.isUsed(), true);
    const legacy = worldWith(freshNonce());
    legacy.chain.timestampNs = deadlineNs + 1n;
    strictEqual(legacy.cleanUp().ok, true);
    strictEqual(legacy.isUsed(), true);
  });

  it("has a used nonce read as unused once its deadline has passed", () => {
    const { chain, cleanUp, isUsed } = worldWith(versionedNonce(SALT, deadlineNs));
    chain.timestampNs = deadlineNs + 1n;
    strictEqual(isUsed(), true);
    strictEqual(cleanUp().ok, true);
    strictEqual(isUsed(), false);
  });

  it("has a used nonce read as unused once its salt is invalid, and others with the same first 31 bytes", () => {
    const nonce = versionedNonce(SALT, deadlineNs);
    const sibling = Uint8Array.from([...nonce.subarray(0, 31), 9]);
    const { chain, cleanUp, isUsed } = worldWith(nonce);
    strictEqual(execute(chain, signed(alice, [], { nonce: sibling, deadline })).ok, true);
    transact(chain, DAO, "invalidate_salts", { salts: [SALT] });
    strictEqual(cleanUp().ok, true);
    const ofSibling = { account_id: alice.accountId, nonce: encodeBase64(sibling) };
    deepStrictEqual([isUsed(), chain.view(VERIFIER, "is_nonce_used", ofSibling)], [false, false]);
  });

  it("is refused to anybody without the role", () => {
    const refused = transact(chainWithUsers(), alice.accountId, "cleanup_nonces", { nonces: [] });
    strictEqual(refused.panic?.includes('Requires one of these roles: ["DAO", "GarbageCollector"]'), true);
  });
});
