import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { canonicalJson, checkHistory, type HistoryEntry, noHash } from "@outlayer/workflow";

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
const requestId = "01890a5d-ac96-774b-bcce-b302099a8057";
const signed = {
  signed: {
    steps: [{ signed_delegate_sha256: sha256Hex("DELEGATE"), payload: { payload_sha256: sha256Hex("PAYLOAD") } }],
  },
};
const shown = JSON.stringify({ steps: [{ step: 0, signed_delegate_base64: "DELEGATE", payload_json: "PAYLOAD" }] });

function entry(version: number, prev_hash: string, event: object, more: Partial<HistoryEntry> = {}): HistoryEntry {
  const at = "2026-06-16T10:20:00.000Z";
  const entryJson = canonicalJson({ at, event, prev_hash, request_id: requestId, version } as never);
  return { requestId, version: BigInt(version), entryJson, hash: sha256Hex(entryJson), ...more };
}

/** A log of three entries, the second of which was signed and is shown. */
function sound(): [HistoryEntry, HistoryEntry, HistoryEntry] {
  const first = entry(1, noHash, { opened: {} });
  const second = entry(2, first.hash, signed, { disclosedJson: shown });
  return [first, second, entry(3, second.hash, { ended: { status: "succeeded" } })];
}

const problemOf = (entries: readonly HistoryEntry[]) => {
  const check = checkHistory(entries, sha256Hex);
  return check.kind === "broken" ? check.problem : undefined;
};

describe("a history's check", () => {
  it("says what an intact one comes to", () => {
    const entries = sound();
    const expected = { kind: "intact", requestId, entries: 3, head: entries[2].hash, disclosed: 1, withheld: [] };
    assert.deepEqual(checkHistory(entries, sha256Hex), expected);
  });

  it("names an entry whose text is withheld, and goes on by its hash", () => {
    const [first, second, third] = sound();
    const check = checkHistory(
      [first, { ...second, entryJson: "", disclosedJson: "", withheld: true }, third],
      sha256Hex,
    );
    assert.deepEqual(check.kind === "intact" && [check.entries, check.withheld], [3, [2]]);
  });

  const [first, second, third] = sound();
  const altered = second.entryJson.replace(sha256Hex("DELEGATE"), sha256Hex("ANOTHER"));
  const other = { ...second, requestId: "01890a5d-ac96-774b-bcce-b302099a8058" };
  const breaks: readonly (readonly [string, readonly HistoryEntry[], string])[] = [
    ["nothing", [], "there are no entries"],
    ["one that begins late", [second, third], "entry 1 is missing"],
    ["one with a hole", [first, third], "entry 2 is missing"],
    ["entries in another order", [second, first, third], "entry 1 is missing"],
    ["an altered entry", [first, { ...second, entryJson: altered }, third], "entry 2 is not what was hashed"],
    [
      "an altered entry, hashed again",
      [first, { ...second, entryJson: altered, hash: sha256Hex(altered), disclosedJson: "" }, third],
      "entry 3 does not follow the one before it",
    ],
    ["an entry of another workflow", [first, other, third], "entry 2 is of another place"],
    [
      "another text than was hashed where one is withheld",
      [first, { ...second, withheld: true, hash: noHash }, third],
      "entry 3 does not follow the one before it",
    ],
  ];
  for (const [name, entries, problem] of breaks) {
    it(`refuses ${name}`, () => assert.equal(problemOf(entries), problem));
  }

  const wrong = "entry 2 is shown with something else than was signed";
  const disclosures: readonly (readonly [string, string])[] = [
    ["another delegate", shown.replace("DELEGATE", "DELEGATE2")],
    ["another payload", shown.replace("PAYLOAD", "PAYLOAD2")],
    ["no payload where there is one", JSON.stringify({ steps: [{ step: 0, signed_delegate_base64: "DELEGATE" }] })],
    ["a step that was not signed", shown.replace('"step":0', '"step":1')],
    ["one signature twice", JSON.stringify({ steps: [...JSON.parse(shown).steps, ...JSON.parse(shown).steps] })],
    ["what is no JSON", "{"],
  ];
  for (const [name, disclosedJson] of disclosures) {
    it(`refuses an entry that is shown with ${name}`, () =>
      assert.equal(problemOf([first, { ...second, disclosedJson }, third]), wrong));
  }
});
