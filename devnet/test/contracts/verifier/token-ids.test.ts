import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { compareTokenIds, isTokenId, parseTokenId } from "../../../src/contracts/verifier/token-id.ts";
import { FormatError } from "../../../src/crypto/format-error.ts";
import { VERIFIER, verifierChain } from "./verifier-world.ts";

describe("a token id", () => {
  for (const id of ["nep141:wrap.near", "nep171:nft.near:", "nep245:mt.near:a:b", "imt:minter.near:coin"]) {
    it(`may be ${id}`, () => strictEqual(parseTokenId(id), id));
  }

  const refusals: readonly (readonly [id: string, message: string])[] = [
    ["wrap.near", "Matching variant not found"],
    ["nep999:x", "Matching variant not found"],
    ["nep171:nft.near", "Matching variant not found"],
    ["nep141:A", "AccountId: the Account ID is too short"],
    [`nep245:mt.near:${"x".repeat(128)}`, "TokenId is too long. Max length is 127, got 128"],
  ];
  for (const [id, message] of refusals) {
    it(`may not be ${id.slice(0, 20)}: ${message}`, () => {
      throws(() => parseTokenId(id), new FormatError(message));
      strictEqual(isTokenId(id), false);
    });
  }

  it("is sorted by standard, contract and id, not by its text", () => {
    const sorted = ["nep141:b.near", "nep171:a.near:1", "nep245:a.near:2", "nep245:a.near-b:1", "imt:a.near:1"];
    deepStrictEqual(sorted.toReversed().sort(compareTokenIds), sorted);
    deepStrictEqual(sorted.toSorted(), [sorted[4], sorted[0], sorted[1], sorted[3], sorted[2]]);
  });
});

describe("a salt's text", () => {
  const refusals: readonly (readonly [salt: string, message: string])[] = [
    ["abc", "Odd number of digits"],
    ["abcdef", "Invalid string length"],
    ["zzzzzzzz", "Invalid character 'z' at position 0"],
  ];
  for (const [salt, message] of refusals) {
    it(`may not be ${salt}: ${message}`, () => {
      const call = { receiver: VERIFIER, method: "is_valid_salt", args: { salt }, predecessor: "x.near" };
      const said = verifierChain().call(call).panic;
      strictEqual(said?.startsWith(`Failed to deserialize input from JSON. Error: \`${message} at`), true);
    });
  }

  it("counts in either case", () => {
    strictEqual(verifierChain({ salt: "abcdef01" }).view(VERIFIER, "is_valid_salt", { salt: "ABCDEF01" }), true);
  });
});
