import { deepStrictEqual, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import { AccountIdError, isAccountId, parseAccountId } from "../../src/crypto/account-id.ts";
import { Base58Error, decodeBase58, encodeBase58 } from "../../src/crypto/base58.ts";
import { Base64Error, decodeBase64, decodeBase64Url, encodeBase64 } from "../../src/crypto/base64.ts";
import { formatKey, KeyParseError, parsePublicKey, parseSignature } from "../../src/crypto/keys.ts";

describe("base64", () => {
  it("reads back what it wrote", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => deepStrictEqual(decodeBase64(encodeBase64(bytes)), bytes)));
  });

  it("has one text for given bytes: whatever is read is written the same", () => {
    const text = fc.string({ unit: fc.constantFrom("A", "b", "/", "Q", "=", "-", "\n"), maxLength: 9 });
    fc.assert(
      fc.property(text, (candidate) => {
        let bytes: Uint8Array;
        try {
          bytes = decodeBase64(candidate);
        } catch (error) {
          return error instanceof Base64Error;
        }
        return encodeBase64(bytes) === candidate;
      }),
      { numRuns: 1000 },
    );
  });

  const refusals: readonly (readonly [text: string, message: string])[] = [
    ["AAA", "Invalid padding"],
    ["AAAA\n", "Invalid symbol 10, offset 4."],
    ["AA-A", "Invalid symbol 45, offset 2."],
    ["A=AA", "Invalid symbol 61, offset 1."],
    ["AA=A", "Invalid symbol 61, offset 2."],
    ["AAAAA", "Invalid input length: 5"],
    ["AB==", "Invalid last symbol 66, offset 1."],
    ["AAB=", "Invalid last symbol 66, offset 2."],
    ["====", "Invalid symbol 61, offset 0."],
  ];
  for (const [text, message] of refusals) {
    it(`refuses ${JSON.stringify(text)}: ${message}`, () => {
      throws(() => decodeBase64(text), new Base64Error(message));
    });
  }

  it("reads the URL-safe form with and without padding", () => {
    deepStrictEqual(decodeBase64Url("-_8"), Uint8Array.of(251, 255));
    deepStrictEqual(decodeBase64Url("-_8="), Uint8Array.of(251, 255));
    throws(() => decodeBase64Url("+/8"), new Base64Error("Invalid symbol 43, offset 0."));
  });
});

describe("base58", () => {
  it("reads back what it wrote, leading zeros included", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => deepStrictEqual(decodeBase58(encodeBase58(bytes)), bytes)));
    deepStrictEqual(decodeBase58("111"), new Uint8Array(3));
  });

  it("names the letter that does not belong", () => {
    throws(() => decodeBase58("3O2"), new Base58Error("provided string contained invalid character 'O' at byte 1"));
  });
});

describe("a key's text", () => {
  const text = "ed25519:9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj";

  it("is read with or without its curve, and written with it", () => {
    strictEqual(formatKey(parsePublicKey(text)), text);
    strictEqual(formatKey(parsePublicKey(text.slice(8))), text);
  });

  it("is refused as the verifier refuses it", () => {
    throws(() => parsePublicKey("ed25518:111"), new KeyParseError("wrong curve type"));
    throws(() => parseSignature("ed25519:111"), new KeyParseError("invalid length"));
    throws(
      () => parsePublicKey("p256:0"),
      new KeyParseError("base58: provided string contained invalid character '0' at byte 0"),
    );
    const tooSmall = "base58: buffer provided to decode base58 encoded string into was too small";
    throws(() => parsePublicKey(`ed25519:${"z".repeat(50)}`), new KeyParseError(tooSmall));
  });
});

describe("an account id", () => {
  for (const id of ["ok", "alice.near", "a-b_c.d", "0x0ee9612c7528b6e14e24656e03fa22185cfea478", "a".repeat(64)]) {
    it(`may be ${id}`, () => strictEqual(parseAccountId(id), id));
  }

  const refusals: readonly (readonly [id: string, message: string])[] = [
    ["a", "the Account ID is too short"],
    ["a".repeat(65), "the Account ID is too long"],
    ["Alice.near", "the Account ID contains an invalid character 'A' at index 0"],
    ["a'b", "the Account ID contains an invalid character '\\'' at index 1"],
    ["a..b", "the Account ID has a redundant separator '.' at index 2"],
    ["-ab", "the Account ID has a redundant separator '-' at index 0"],
    ["ab_", "the Account ID has a redundant separator '_' at index 2"],
  ];
  for (const [id, message] of refusals) {
    it(`may not be ${id}: ${message}`, () => {
      throws(() => parseAccountId(id), new AccountIdError(message));
      strictEqual(isAccountId(id), false);
    });
  }
});
