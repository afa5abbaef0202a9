import assert from "node:assert/strict";
import { counterpartyPayload, facts, makersKey, problemOf } from "./support/planning.ts";

/** Whose key signs in these tests. */
const session = "maker.near";
const verifier = { feePips: 1n, finalTimeMs: Date.UTC(2029, 0, 1), payloads: new Map() };
const settings = { facts: { ...facts, accountId: undefined, verifier }, session };
const other = "ed25519:6E8sCci9badyRkXb3JoRpBj5p8C6Tw41ELDZoiihKEtp";

const removalOf = (public_key: string) => ({ intent: "remove_public_key", public_key });
const problemWith = (intents: readonly object[], changed: object = {}) => {
  const payloads = [counterpartyPayload({ intents, deadline: "2029-01-01T00:05:00.000Z" })];
  return problemOf({ kind: "intents.execute_signed", payloads, ...changed }, settings);
};

describe("payloads that a session has signed itself (rule: own-payloads-are-the-sessions-own)", () => {
  it("remove the key that signs them only where that is asked for by name", () => {
    const problem =
      "steps[0].payloads[0].intents[1].public_key is the key that signs this payload: without it the account may have no key left; set remove_signing_key to remove it all the same";
    const intents = [{ intent: "add_public_key", public_key: other }, removalOf(makersKey)];
    assert.equal(problemWith(intents), problem);
    assert.equal(problemWith(intents, { remove_signing_key: true }), undefined);
  });

  it("remove any other key", () => {
    assert.equal(problemWith([removalOf(other)]), undefined);
  });

  it("are counted before they are looked into", () => {
    const intents = [...Array.from({ length: 32 }, () => removalOf(other)), removalOf(makersKey)];
    assert.equal(problemWith(intents), "steps[0] must have at most 32 intents, and has 33");
  });
});
