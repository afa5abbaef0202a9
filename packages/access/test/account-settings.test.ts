import assert from "node:assert/strict";
import { accountId, readWrappedNearId } from "@outlayer/access";
import { ConfigReader } from "@outlayer/kit";

describe("settings that name accounts", () => {
  it("are account ids and nothing else", () => {
    for (const good of ["gate.sequential.near", "a".repeat(64)]) assert.equal(accountId(good), good);
    for (const bad of ["A.near", "a", "a..b", "-a", "a".repeat(65)]) {
      assert.throws(() => accountId(bad), { name: "Malformed" }, bad);
    }
  });

  it("name mainnet's wNEAR where none is named", () => {
    assert.equal(readWrappedNearId(new ConfigReader({})), "wrap.near");
    assert.equal(readWrappedNearId(new ConfigReader({ WRAPPED_NEAR_ID: "wrap.testnet" })), "wrap.testnet");
  });
});
