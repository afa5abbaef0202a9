import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { payloadStandards } from "@outlayer/near";
import { powerKinds } from "../src/core/action-types.ts";
import { intentKinds } from "../src/core/intent-kinds.ts";
import { signersOf } from "../src/core/signed-by-others.ts";
import { signedBy } from "./support/samples.ts";

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");
const schema = JSON.parse(fixture("verifier-schema.json")) as {
  readonly panic: string;
  readonly payload_panic: string;
  readonly fields: Readonly<Record<string, readonly string[]>>;
};

/** What a panic text lists behind what it did not know. */
const listed = (text: string) => [...text.matchAll(/`(\w+)`/g)].slice(1).map(([, name]) => name);

describe("the table of intents, held against the verifier's published schema", () => {
  it("no kind that the verifier takes can lack a row, and no other has one", () => {
    assert.deepEqual(Object.keys(intentKinds).sort(), listed(schema.panic).sort());
    assert.deepEqual(Object.keys(schema.fields).sort(), listed(schema.panic).sort());
  });

  for (const [kind, { fieldNames }] of Object.entries(intentKinds)) {
    it(`knows every field of ${kind}, and no other`, () => {
      assert.deepEqual(fieldNames.toSorted(), schema.fields[kind]?.toSorted());
    });
  }

  it("says of the kinds with a type of their own, and of auth_call, that they give power", () => {
    const powerful = Object.entries(intentKinds).filter(([, { givesPower }]) => givesPower);
    assert.deepEqual(powerful.map(([kind]) => kind).sort(), [...powerKinds, "auth_call"].sort());
  });
});

describe("the signer of what somebody else signed", () => {
  const samples = fixture("signed-payload-samples.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const ownId = "own.near";

  it("is found in a payload of every standard that the verifier takes", () => {
    assert.deepEqual(payloadStandards.toSorted(), listed(schema.payload_panic).sort());
    assert.deepEqual([...new Set(samples.map(({ standard }) => standard))].sort(), payloadStandards.toSorted());
    for (const sample of samples) {
      const [expected] = /(?<=signer_id\\":\\")[^\\]+/.exec(JSON.stringify(sample)) ?? [];
      assert.deepEqual(signersOf({ place: "p", payloads: [sample] }, ownId), [expected]);
      assert.throws(
        () => signersOf({ place: "p", payloads: [sample] }, expected ?? ""),
        /p\[0\] is signed by the wallet itself/,
      );
    }
  });

  const message = (text: string) => ({ ...JSON.parse(signedBy("a.near")), payload: { message: text } });
  const rows: readonly [name: string, payload: unknown][] = [
    ["a message that is not JSON", message("{")],
    [
      "a message with two signers, of which readers could take either",
      message('{"signer_id":"a.near","signer_id":"b.near"}'),
    ],
    ["a message without a signer", message("{}")],
    ["a signer that is no account", message('{"signer_id":"A"}')],
    ["the text of another standard", { standard: "nep413", payload: '{"signer_id":"a.near"}' }],
    [
      "a form of TON Connect that carries no text",
      { standard: "ton_connect", payload: { type: "cell", text: '{"signer_id":"a.near"}' } },
    ],
  ];
  for (const [name, payload] of rows) {
    it(`is not guessed: ${name}`, () => {
      assert.throws(
        () => signersOf({ place: "p", payloads: [payload] }, ownId),
        /^Unjudgeable: p\[0\] does not say who signed it$/,
      );
    });
  }
});
