import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { IntentsSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { decodeBase64, decodeHex, formatPublicKey, keyPairFromSeed, readVerifierNonce } from "@outlayer/near";
import { checkIntentsTerms, executeIntentsArgs, nep413Request, signedPayload } from "../src/core/intents-payload.ts";
import { BadAnswer, InvalidRequest } from "../src/core/problems.ts";
import { nonceUntil } from "./support/samples.ts";

/** A payload that the verifier contract itself accepted, and the seed 01..20 that it was signed with. */
const accepted =
  '{"standard":"nep413","payload":{"message":"{\\"signer_id\\":\\"79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664\\",\\"deadline\\":\\"2030-01-01T00:00:00Z\\",\\"intents\\":[]}","nonce":"Vij2xgAlKBKzAADVNTPoRhoAAAAAAAAAAAAAAAAAAAA=","recipient":"intents.near"},"public_key":"ed25519:9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj","signature":"ed25519:5QJistKyYqi71meDxuKz25MhnC7xTqztaqQxuniM5RofQzREdBwXPmsKFp34UbbLzGAXzZLx9z5MrwEUB6X6Nj7s"}';
const accountId = "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664";
const account = { accountId, publicKey: formatPublicKey(decodeHex(accountId)) };
const terms = {
  nonce: decodeBase64("Vij2xgAlKBKzAADVNTPoRhoAAAAAAAAAAAAAAAAAAAA="),
  deadlineMs: BigInt(Date.UTC(2030, 0, 1)),
};
const signature = /"signature":"([^"]+)"/.exec(accepted)?.[1] ?? "";

describe("the NEP-413 payload", () => {
  const asked = nep413Request("wallet-1", account, terms, { intentsJson: "[]" }, "intents.near");

  it("is, byte for byte, one that the verifier accepted", () => {
    const { payloadJson } = signedPayload(asked, { signature, publicKey: account.publicKey }, account);
    assert.equal(payloadJson, accepted);
  });

  it("embeds the text of the intents as it stands", () => {
    const intents = '[ {"intent" : "transfer"},\n\t{"memo":"\\u00e9 é"} ]';
    assert.equal(
      nep413Request("wallet-1", account, terms, { intentsJson: intents }, "intents.near").message,
      `{"signer_id":"${accountId}","deadline":"2030-01-01T00:00:00Z","intents":${intents}}`,
    );
  });

  it("is made for no account but the wallet's own, where the caller named one", () => {
    const named = (signerId: string) =>
      nep413Request("wallet-1", account, terms, { intentsJson: "[]", signerId }, "intents.near");
    assert.equal(named(accountId).message, asked.message);
    assert.throws(() => named("mike.near"), new InvalidRequest("call.intents.signer_id is not the wallet's account"));
  });

  it("is not made of a signature that is not the wallet's, over exactly that text", () => {
    const other = keyPairFromSeed(new Uint8Array(32).fill(1)).publicKey;
    const rows: readonly [string, { signature: string; publicKey: string }, typeof asked][] = [
      ["payload: the key is not the wallet's", { signature, publicKey: other }, asked],
      ["payload: the signature cannot be read", { signature: "ed25519:0OIl", publicKey: account.publicKey }, asked],
      ["payload: the signature cannot be read", { signature: signature.slice(8), publicKey: account.publicKey }, asked],
      [
        "payload: the signature does not verify",
        { signature, publicKey: account.publicKey },
        { ...asked, recipient: "intents.nea" },
      ],
      [
        "payload: the signature does not verify",
        { signature, publicKey: account.publicKey },
        { ...asked, message: `${asked.message} ` },
      ],
    ];
    for (const [message, answer, request] of rows) {
      assert.throws(() => signedPayload(request, answer, account), new BadAnswer(message));
    }
  });

  it("goes before the counterparties' into the arguments, all as they stand", () => {
    const args = executeIntentsArgs(accepted, ['{ "a": 1 }', '{"b":"é"}']);
    assert.equal(new TextDecoder().decode(args), `{"signed":[${accepted},{ "a": 1 },{"b":"é"}]}`);
  });
});

describe("the terms of intents", () => {
  const intents = (notAfterMs?: bigint) => create(IntentsSchema, notAfterMs === undefined ? {} : { notAfterMs });
  const deadlineMs = 1_800_000_000_000n;
  const nonce = nonceUntil(1_800_000_000_000);

  it("are taken up to their very limits", () => {
    checkIntentsTerms({ nonce, deadlineMs }, intents(deadlineMs));
    checkIntentsTerms({ nonce, deadlineMs }, intents());
  });

  const legacy = new Uint8Array(32).fill(3);
  const otherVersion = Uint8Array.from(nonce, (byte, index) => (index === 4 ? 1 : byte));
  const rows: readonly [string, Uint8Array, bigint, bigint | undefined, RegExp][] = [
    ["a deadline with a fraction of a second", nonce, deadlineMs - 1n, undefined, /whole second/],
    ["no deadline", nonce, 0n, undefined, /whole second/],
    ["a deadline beyond the year 9999", nonce, 253_402_300_800_000n, undefined, /whole second/],
    ["a deadline later than the caller's", nonce, deadlineMs, deadlineMs - 1n, /not_after_ms/],
    [
      "a nonce that expires before the payload",
      nonceUntil(1_799_999_999_999),
      deadlineMs,
      undefined,
      /must not expire before/,
    ],
    ["a legacy nonce", legacy, deadlineMs, undefined, /versioned/],
    ["a nonce of another version", otherVersion, deadlineMs, undefined, /versioned/],
    ["no nonce", new Uint8Array(), deadlineMs, undefined, /versioned/],
  ];
  for (const [name, given, deadline, notAfterMs, message] of rows) {
    it(`are refused with ${name}`, () => {
      assert.throws(
        () => checkIntentsTerms({ nonce: given, deadlineMs: deadline }, intents(notAfterMs)),
        (error) => error instanceof InvalidRequest && message.test(error.message),
      );
    });
  }

  it("read the deadline out of the verifier's own example of a nonce", () => {
    const example = decodeBase64("Vij2xgAlKBKzADZykFdbpB8CcBXsE9wRhklzE4/mgS8=");
    assert.equal(readVerifierNonce(example)?.deadlineNs, 2_280_047_743_000_000_000n);
    const inside = new Uint8Array(40);
    inside.set(example, 8);
    assert.equal(readVerifierNonce(inside.subarray(8))?.deadlineNs, 2_280_047_743_000_000_000n);
  });
});
