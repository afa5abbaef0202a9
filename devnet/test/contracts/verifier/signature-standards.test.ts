import { deepStrictEqual, strictEqual } from "node:assert";
import { tonAddress } from "../../../src/contracts/verifier/payload/ton-address.ts";
import { encodeBase58 } from "../../../src/crypto/base58.ts";
import { encodeBase64 } from "../../../src/crypto/base64.ts";
import { signEd25519 } from "../../../src/crypto/ed25519.ts";
import { sha256 } from "../../../src/crypto/hash.ts";
import { implicitAccountOf } from "../../../src/crypto/implicit-account.ts";
import { formatKey, parseSignature } from "../../../src/crypto/keys.ts";
import { fixtureText } from "../../fixtures/read-fixture.ts";
import { execute, user, VERIFIER, verifierChain } from "./verifier-world.ts";

interface Sample {
  readonly standard: string;
  readonly public_key?: string;
  readonly signature: string;
  readonly client_data_json?: string;
  readonly authenticator_data?: string;
}

const samples = fixtureText("signed-payload-samples.jsonl")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => ({ line, sample: JSON.parse(line) as Sample }));

const freshChain = () => verifierChain({ salt: "252812b3" });

describe("a payload that the contract's code accepted", () => {
  for (const { line, sample } of samples) {
    const curve = sample.signature.split(":")[0];

    it(`is accepted: ${sample.standard} on ${curve}`, () => {
      const chain = freshChain();
      const outcome = execute(chain, sample);
      strictEqual(outcome.panic, undefined);
      const [account] = /(?:0x[0-9a-f]{40}|[0-9a-f]{64})(?=\\")/.exec(line) ?? [];
      const nonce = "Vij2xgAlKBKzAADVNTPoRhoAAAAAAAAAAAAAAAAAAAA=";
      strictEqual(chain.view(VERIFIER, "is_nonce_used", { account_id: account, nonce }), true);
    });

    it(`is refused with one byte of its signature changed: ${sample.standard} on ${curve}`, () => {
      const { curve: signedOn, data } = parseSignature(sample.signature);
      for (const at of [0, 31, 32, 63]) {
        const changed = Uint8Array.from(data, (byte, index) => (index === at ? byte ^ 1 : byte));
        assertRefused({ ...sample, signature: formatKey({ curve: signedOn, data: changed }) });
      }
    });

    it(`is refused with one byte of what was signed changed: ${sample.standard} on ${curve}`, () => {
      assertRefused(JSON.parse(line.replace("2030-01-01", "2031-01-01")) as object);
    });
  }

  it("is refused with one byte of its other signed fields changed", () => {
    const change = (standard: string, from: string, to: string) =>
      samples.filter(({ sample }) => sample.standard === standard).map(({ line }) => line.replace(from, to));
    const changed = [
      ...change("nep413", '"recipient":"intents.near"', '"recipient":"intents.near","callbackUrl":"https://a.example"'),
      ...change("ton_connect", "app.example", "app.exampla"),
      ...change("ton_connect", "1750000000", "1750000001"),
      ...change("ton_connect", "0:abab", "0:acab"),
      ...change("ton_connect", "0:abab", "-1:abab"),
      ...change("webauthn", "https://app.example", "https://app.exampla"),
      ...change("webauthn", '"authenticator_data":"VtmC', '"authenticator_data":"VtmD'),
      ...change("webauthn", "webauthn.get", "webauthn.create"),
    ];
    for (const line of changed) assertRefused(JSON.parse(line) as object);
  });

  it("is refused when it says it is of another standard", () => {
    const sample = (standard: string) => samples.find((entry) => entry.sample.standard === standard)?.sample ?? {};
    assertRefused({ ...sample("raw_ed25519"), standard: "sep53" });
    assertRefused({ ...sample("sep53"), standard: "raw_ed25519" });
    assertRefused({ ...sample("erc191"), standard: "tip191" });
    assertRefused({ ...sample("tip191"), standard: "erc191" });
  });
});

describe("a passkey's assertion", () => {
  const signer = user("passkey");
  const payload = JSON.stringify({
    signer_id: implicitAccountOf(signer.key),
    verifying_contract: VERIFIER,
    deadline: "2030-01-01T00:00:00Z",
    nonce: encodeBase64(new Uint8Array(32)),
  });
  const challenge = Buffer.from(sha256(Buffer.from(payload))).toString("base64url");

  /** An assertion signed as it stands, valid or not. */
  function assertion(flags: number, client: object = {}, dataLength = 37): object {
    const authenticatorData = Buffer.alloc(dataLength);
    authenticatorData[32] = flags;
    const client_data_json = JSON.stringify({
      type: "webauthn.get",
      challenge,
      origin: "https://a.example",
      ...client,
    });
    const message = Buffer.concat([authenticatorData, sha256(Buffer.from(client_data_json))]);
    return {
      standard: "webauthn",
      payload,
      public_key: formatKey(signer.key),
      signature: formatKey({ curve: "ed25519", data: signEd25519(signer.seed, message) }),
      client_data_json,
      authenticator_data: authenticatorData.toString("base64url"),
    };
  }

  it("needs the user present, verified or not, and a backup only where one is possible", () => {
    for (const flags of [0b00001, 0b00101, 0b01001, 0b11001]) {
      strictEqual(execute(freshChain(), assertion(flags)).panic, undefined, flags.toString(2));
    }
    for (const flags of [0b00000, 0b00100, 0b10001]) assertRefused(assertion(flags), "invalid signature");
  });

  it("needs whole authenticator data, and client data of this assertion", () => {
    assertRefused(assertion(1, {}, 36), "invalid signature");
    assertRefused(assertion(1, { type: "webauthn.create" }), "invalid signature");
    assertRefused(assertion(1, { challenge: challenge.replace(/.$/, "A") }), "invalid signature");
    assertRefused(assertion(1, { origin: 5 }), "invalid signature");
  });

  it("needs a signature on its key's curve, and a curve that passkeys have", () => {
    const signature = `secp256k1:${encodeBase58(new Uint8Array(65).fill(1))}`;
    assertRefused({ ...assertion(1), signature }, "invalid signature");
    const public_key = `secp256k1:${encodeBase58(new Uint8Array(64).fill(1))}`;
    assertRefused({ ...assertion(1), signature, public_key }, "invalid signature");
  });
});

describe("a key or signature on the wrong curve", () => {
  it("cannot be read where the standard has one curve", () => {
    const sample = (standard: string) => samples.find((entry) => entry.sample.standard === standard)?.sample;
    const wrong = "Failed to deserialize input from JSON. Error: `wrong curve type at line 1 column";
    const p256 = `p256:${encodeBase58(new Uint8Array(64).fill(1))}`;
    for (const standard of ["nep413", "raw_ed25519", "sep53", "ton_connect"]) {
      strictEqual(execute(freshChain(), { ...sample(standard), public_key: p256 }).panic?.startsWith(wrong), true);
    }
    strictEqual(execute(freshChain(), { ...sample("erc191"), signature: p256 }).panic?.startsWith(wrong), true);
  });
});

describe("a TON wallet's address", () => {
  const ton = samples.find(({ sample }) => sample.standard === "ton_connect")?.sample;

  /** Base64 of flags, workchain, 32 times 0xab and the checksum given, or the right one. */
  function friendly(workchain: number, checksum?: number): string {
    const body = Buffer.concat([Buffer.of(0x11, workchain & 0xff), Buffer.alloc(32, 0xab)]);
    const sum = checksum ?? crc16(body);
    return Buffer.concat([body, Buffer.of(sum >> 8, sum & 0xff)]).toString("base64url");
  }

  it("may be user-friendly, and its checksum counts", () => {
    strictEqual(execute(freshChain(), { ...ton, address: friendly(0) }).panic, undefined);
    strictEqual(execute(freshChain(), { ...ton, address: friendly(0, 0x9c55) }).panic?.includes("wrong CRC"), true);
  });

  it("means the same in either form, on any workchain", () => {
    const [raw, short] = [`-1:${"ab".repeat(32)}`, friendly(-1)].map((address) => tonAddress.decode(address));
    deepStrictEqual(raw, { workchain: -1, hash: new Uint8Array(32).fill(0xab) });
    deepStrictEqual(short, raw);
  });

  it("is refused in any other form", () => {
    for (const address of ["0:abab", "99999999999:00", `3000000000:${"ab".repeat(32)}`, "A".repeat(44)]) {
      const said = execute(freshChain(), { ...ton, address }).panic;
      strictEqual(said?.startsWith("Failed to deserialize input from JSON. Error: `"), true, address);
    }
  });

  it("goes with a time in RFC 3339 or in seconds, and with texts only", () => {
    strictEqual(execute(freshChain(), { ...ton, timestamp: "2025-06-15T15:06:40Z" }).panic, undefined);
    strictEqual(execute(freshChain(), { ...ton, timestamp: -1 }).ok, false);
    const binary = execute(freshChain(), { ...ton, payload: { type: "binary", text: "" } }).panic;
    strictEqual(binary?.includes("unknown variant `binary`, expected `text`"), true);
  });
});

function assertRefused(payload: object, panic?: string): void {
  const chain = freshChain();
  const before = chain.snapshot(VERIFIER);
  const outcome = execute(chain, payload);
  strictEqual(outcome.ok, false, JSON.stringify(payload));
  if (panic !== undefined) strictEqual(outcome.panic, panic);
  deepStrictEqual(chain.snapshot(VERIFIER), before);
}

/** Bit by bit, unlike the contract's. */
function crc16(bytes: Uint8Array): number {
  let remainder = 0;
  for (const bit of [...bytes, 0, 0].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((at) => (byte >> at) & 1))) {
    remainder = (remainder << 1) | bit;
    if (remainder > 0xffff) remainder ^= 0x11021;
  }
  return remainder;
}
