import { deepStrictEqual, strictEqual } from "node:assert";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { ed25519PublicKey, signEd25519, verifyEd25519 } from "../../src/crypto/ed25519.ts";
import { verifyP256 } from "../../src/crypto/p256.ts";
import { recoverSecp256k1, secp256k1PublicKey, signSecp256k1 } from "../../src/crypto/secp256k1.ts";
import { signHash, verifyHash } from "../../src/crypto/sign.ts";

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 80 });
const HASH = new Uint8Array(32).fill(7);
const SECRET = new Uint8Array(32).fill(1);

describe("Ed25519", () => {
  it("verifies what it signed, and nothing with a bit changed", () => {
    fc.assert(
      fc.property(seed, message, fc.nat(511), (secret, text, bit) => {
        const key = ed25519PublicKey(secret);
        const signature = signEd25519(secret, text);
        strictEqual(verifyEd25519(key, text, signature), true);
        strictEqual(verifyEd25519(key, text, flipped(signature, bit)), false);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses keys and signatures of a wrong length without throwing", () => {
    const signature = signEd25519(SECRET, HASH);
    const key = ed25519PublicKey(SECRET);
    strictEqual(verifyEd25519(key.subarray(1), HASH, signature), false);
    strictEqual(verifyEd25519(key, HASH, signature.subarray(1)), false);
    strictEqual(verifyEd25519(new Uint8Array(32).fill(255), HASH, signature), false);
  });
});

describe("secp256k1", () => {
  it("recovers the key that signed", () => {
    deepStrictEqual(recoverSecp256k1(HASH, signSecp256k1(SECRET, HASH)), secp256k1PublicKey(SECRET));
  });

  it("recovers nothing from a signature with high s, the same signature in another form", () => {
    const signature = signSecp256k1(SECRET, HASH);
    const { r, s, recovery } = secp256k1.Signature.fromBytes(signature.subarray(0, 64)).addRecoveryBit(
      signature[64] ?? 0,
    );
    const highS = new secp256k1.Signature(r, secp256k1.Point.Fn.ORDER - s, 1 - recovery);
    strictEqual(recoverSecp256k1(HASH, Uint8Array.of(...highS.toBytes("compact"), 1 - recovery)), undefined);
  });

  it("recovers nothing from garbage, a wrong length or an impossible v", () => {
    const signature = signSecp256k1(SECRET, HASH);
    strictEqual(recoverSecp256k1(HASH, new Uint8Array(65)), undefined);
    strictEqual(recoverSecp256k1(HASH, signature.subarray(0, 64)), undefined);
    strictEqual(recoverSecp256k1(HASH, Uint8Array.of(...signature.subarray(0, 64), 27)), undefined);
  });
});

describe("P-256", () => {
  const key = p256.getPublicKey(SECRET, false).slice(1);

  it("takes low and high s, as authenticators make both", () => {
    const signature = p256.sign(HASH, SECRET);
    const { r, s } = p256.Signature.fromBytes(signature);
    const other = new p256.Signature(r, p256.Point.Fn.ORDER - s).toBytes("compact");
    strictEqual(verifyP256(key, HASH, signature), true);
    strictEqual(verifyP256(key, HASH, other), true);
  });

  it("refuses another message, a wrong length, and a key that is no point, without throwing", () => {
    const signature = p256.sign(HASH, SECRET);
    strictEqual(verifyP256(key, HASH, signature.subarray(1)), false);
    strictEqual(verifyP256(key, SECRET, signature), false);
    strictEqual(verifyP256(new Uint8Array(64).fill(1), HASH, signature), false);
  });
});

describe("an access key's signature over a hash", () => {
  it("is verified on the key's own curve only", () => {
    const ed25519Key = { curve: "ed25519", data: ed25519PublicKey(SECRET) } as const;
    const secpKey = { curve: "secp256k1", data: secp256k1PublicKey(SECRET) } as const;
    const secpSignature = { curve: "secp256k1", data: signSecp256k1(SECRET, HASH) } as const;
    strictEqual(verifyHash(ed25519Key, HASH, signHash(SECRET, HASH)), true);
    strictEqual(verifyHash(secpKey, HASH, secpSignature), true);
    strictEqual(verifyHash(ed25519Key, HASH, secpSignature), false);
    strictEqual(verifyHash(secpKey, SECRET, secpSignature), false);
    const p256Key = { curve: "p256", data: p256.getPublicKey(SECRET, false).slice(1) } as const;
    const p256Signature = { curve: "p256", data: p256.sign(HASH, SECRET) } as const;
    strictEqual(verifyHash(p256Key, HASH, p256Signature), false);
  });
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}
