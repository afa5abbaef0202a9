import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { accountKind, implicitAccountOf, parseVerifierKey, signingKeyOfPayload } from "../src/index.ts";

interface Sample {
  readonly standard: string;
  readonly public_key?: string;
  readonly signature: string;
  readonly [field: string]: unknown;
}

/** Payloads that the contract's code accepted, one a line. */
const file = new URL("./fixtures/signed-payload-samples.jsonl", import.meta.url);
const lines = readFileSync(file, "utf8").trim().split("\n");
const samples = lines.map((line) => JSON.parse(line) as Sample);
const ofStandard = (standard: string) => lines.filter((line) => line.includes(`"standard":"${standard}"`));

describe("the key of a payload that the contract's code accepted", () => {
  for (const [index, sample] of samples.entries()) {
    const curve = sample.signature.split(":")[0];
    const line = lines[index] ?? "";

    it(`is found, and is the signer's: ${sample.standard} on ${curve}`, () => {
      const key = signingKeyOfPayload(sample);
      assert(key !== undefined);
      if (sample.public_key !== undefined) assert.equal(key, sample.public_key);
      const account = implicitAccountOf(parseVerifierKey(key));
      assert(line.includes(account), account);
      assert.notEqual(accountKind(account), "named");
    });

    it(`is not the signer's with a byte of the text changed: ${sample.standard} on ${curve}`, () => {
      const changed = JSON.parse(line.replace("2030-01-01", "2031-01-01")) as Sample;
      const key = signingKeyOfPayload(changed);
      // A recovered key is another one.
      if (curve !== "secp256k1") assert.equal(key, undefined);
      else assert.notEqual(key, signingKeyOfPayload(sample));
    });

    it(`is none with a signature of another form: ${sample.standard} on ${curve}`, () => {
      for (const signature of ["", "ed25519:", `${sample.signature}1`, `x25519:${sample.signature}`, "1".repeat(1e5)]) {
        assert.equal(signingKeyOfPayload({ ...sample, signature }), undefined);
      }
      assert.equal(signingKeyOfPayload({ ...sample, payload: null }), undefined);
      assert.equal(signingKeyOfPayload({ ...sample, standard: "toString" }), undefined);
    });
  }

  const changes: readonly (readonly [standard: string, from: string, to: string])[] = [
    ["nep413", '"recipient":"intents.near"', '"recipient":"intents.near","callbackUrl":"https://a.example"'],
    ["ton_connect", "app.example", "app.exampla"],
    ["ton_connect", "1750000000", "1750000001"],
    ["ton_connect", "0:abab", "0:acab"],
    ["ton_connect", "0:abab", "-1:abab"],
    ["webauthn", "https://app.example", "https://app.exampla"],
    ["webauthn", '"authenticator_data":"VtmC', '"authenticator_data":"VtmD'],
    ["webauthn", "webauthn.get", "webauthn.create"],
    ["raw_ed25519", '"standard":"raw_ed25519"', '"standard":"sep53"'],
    ["sep53", '"standard":"sep53"', '"standard":"raw_ed25519"'],
  ];
  for (const [standard, from, to] of changes) {
    it(`is none with ${from} of ${standard} changed to ${to}`, () => {
      for (const line of ofStandard(standard)) {
        const changed = line.replace(from, to);
        assert.notEqual(changed, line);
        assert.equal(signingKeyOfPayload(JSON.parse(changed)), undefined);
      }
    });
  }

  it("is another one where a text of Ethereum's says it is of Tron's, and the other way round", () => {
    for (const [standard, other] of [
      ["erc191", "tip191"],
      ["tip191", "erc191"],
    ] as const) {
      const sample = JSON.parse(ofStandard(standard)[0] ?? "") as Sample;
      assert.notEqual(signingKeyOfPayload({ ...sample, standard: other }), signingKeyOfPayload(sample));
    }
  });

  it("is the same with the time of TON Connect as RFC 3339, and the address in its other form", () => {
    const sample = JSON.parse(ofStandard("ton_connect")[0] ?? "") as Sample;
    const timestamp = new Date(1_750_000_000_000).toISOString();
    assert.equal(signingKeyOfPayload({ ...sample, timestamp }), sample.public_key);
    // Flags 0x11, workchain 0, the hash of the sample, and its CRC-16.
    const address = "EQCrq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq8Uk";
    assert.equal(signingKeyOfPayload({ ...sample, address }), sample.public_key);
    assert.equal(signingKeyOfPayload({ ...sample, address: address.replace(/^./, "F") }), undefined);
  });
});
