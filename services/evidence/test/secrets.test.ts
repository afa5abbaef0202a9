import assert from "node:assert/strict";
import { canonicalJson, checkHistory } from "@outlayer/workflow";
import { type EventKind, type EvidenceUnderTest, startEvidence, walletHeaders } from "./support/harness.ts";
import { onEveryStore } from "./support/places.ts";
import { sha256Hex } from "./support/samples.ts";

const taken: EventKind = { case: "taken", value: { driverId: "driver", epoch: 1n } };
const ended: EventKind = { case: "ended", value: { status: "cancelled", errorCode: "cancelled" } };
const transaction = { hash: "s0", signerId: "relayer.near", publicKey: "ed25519:k", nonce: 1n };
const submitted: EventKind = { case: "submissionsPrepared", value: { submissions: [{ step: 0, transaction }] } };
const discarded: EventKind = { case: "signaturesDiscarded", value: { reason: "too old" } };

/** What the steps of a workflow of one call are signed with, each time something else. */
function signed(name: string): EventKind {
  const payload = { payloadJson: `PAYLOAD ${name}`, intentHash: "h", nonce: "n", deadlineMs: 1n };
  return {
    case: "signed",
    value: { steps: [{ payload, signedDelegateBase64: `DELEGATE ${name}`, delegateNonce: 7n }] },
  };
}

const headers = walletHeaders;
const plain = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

onEveryStore("what was signed", (newPlace) => {
  let evidence: EvidenceUnderTest;
  let now = Date.UTC(2026, 3, 24, 12);
  beforeEach(async () => {
    now = Date.UTC(2026, 3, 24, 12);
    evidence = await startEvidence(newPlace(), { now: () => now });
  });
  afterEach(() => evidence.stop());

  /** Opens a workflow and appends these events. */
  async function logOf(key: string, ...events: readonly EventKind[]): Promise<string> {
    const requestId = await evidence.open(key);
    for (const [index, event] of events.entries()) await evidence.append(requestId, index + 1, event);
    return requestId;
  }

  const history = async (requestId: string) => (await evidence.records.getHistory({ requestId }, { headers })).entries;

  /** All that the wallet's owner can read of it. */
  async function shown(requestId: string): Promise<string> {
    const told: unknown[] = [await evidence.records.getRecord({ requestId }, { headers }), await history(requestId)];
    const stream = evidence.records.watchProgress({ requestId }, { headers });
    for await (const event of stream) told.push(event);
    return JSON.stringify(told, plain);
  }

  const shownOnce = async (requestId: string) =>
    JSON.stringify([await evidence.records.getRecord({ requestId }, { headers }), await history(requestId)], plain);

  it("is read by nobody outside before its submission is on record, whatever becomes of it", async () => {
    const logs = [[signed("a")], [signed("a"), ended], [signed("a"), discarded, ended]];
    for (const [index, events] of logs.entries()) {
      const requestId = await logOf(`unsent ${index}`, taken, ...events);
      assert.doesNotMatch(JSON.stringify(await history(requestId), plain), /PAYLOAD|DELEGATE/);
      // The stream goes on until the end.
      if (events.at(-1) !== ended) await evidence.append(requestId, 3, ended);
      assert.doesNotMatch(await shown(requestId), /PAYLOAD|DELEGATE/);
    }
  });

  it("stands in the log by its SHA-256, so that the chain of hashes vouches for it", async () => {
    const requestId = await logOf("hashed", taken, signed("a"), submitted);
    const entries = await history(requestId);
    const checked = checkHistory(entries, sha256Hex);
    assert.deepEqual([checked.kind, checked.kind === "intact" && checked.disclosed], ["intact", 1]);
    const [step] = JSON.parse(entries[2]?.entryJson ?? "").event.signed.steps;
    assert.equal(step.signed_delegate_sha256, sha256Hex("DELEGATE a"));
    assert.equal(step.payload.payload_sha256, sha256Hex("PAYLOAD a"));
    assert.doesNotMatch(entries.map(({ entryJson }) => entryJson).join(), /PAYLOAD|DELEGATE/);
  });

  it("is shown beside its entry, and in the record, once it is on record as submitted: that, and nothing before it", async () => {
    const requestId = await logOf("shown", taken, signed("a"), discarded, signed("b"), submitted);
    const entries = await history(requestId);
    assert.deepEqual(
      entries.map(({ disclosedJson }) => disclosedJson).filter((json) => json !== ""),
      ['{"steps":[{"step":0,"signed_delegate_base64":"DELEGATE b","payload_json":"PAYLOAD b"}]}'],
    );
    assert.notEqual(entries[4]?.disclosedJson, "");
    const record = await evidence.records.getRecord({ requestId }, { headers });
    assert.deepEqual([record.signedNep413Payloads, record.signedNep366Delegates], [["PAYLOAD b"], ["DELEGATE b"]]);
    assert.doesNotMatch(JSON.stringify(entries, plain), /(PAYLOAD|DELEGATE) a/);
  });

  describe("by a session's account itself", () => {
    const own = (text: string) => ({
      payloadJson: `OWN ${text}`,
      payloadSha256: sha256Hex(`OWN ${text}`),
      standard: "raw_ed25519",
      signerId: "alice.near",
      publicKey: "ed25519:a",
      intentHash: `h-${text}`,
      nonce: "n",
      deadlineMs: 1_000n,
    });
    const callOf = (...texts: readonly string[]) => ({
      receiverId: "intents.near",
      methodName: "execute_intents",
      gas: "1",
      deposit: "0",
      payload: { case: "own" as const, value: { payloads: texts.map(own) } },
    });
    const openOwn = (key: string) => evidence.open(key, { calls: [callOf("a", "b"), callOf("c")] as never });

    it("is named by its SHA-256, and shown as it is step by step once that was submitted", async () => {
      const requestId = await openOwn("own");
      const before = await shownOnce(requestId);
      assert.doesNotMatch(before, /OWN/);
      assert.match(before, new RegExp(sha256Hex("OWN a")));
      await evidence.append(requestId, 1, taken);
      await evidence.append(requestId, 2, submitted);
      const [opened] = await history(requestId);
      assert.equal(opened?.disclosedJson, '{"steps":[{"step":0,"own_payloads_json":["OWN a","OWN b"]}]}');
      assert.doesNotMatch(opened?.entryJson ?? "", /OWN/);
      const { signers } = await evidence.records.getRecord({ requestId }, { headers });
      assert.deepEqual(
        signers.map(({ payloads }) => payloads.map(({ payloadJson }) => payloadJson)),
        [["OWN a", "OWN b"], [undefined]],
      );
      assert.equal(checkHistory(await history(requestId), sha256Hex).kind, "intact");
    });

    it("comes back to the broadcaster as it was, also after a restart", async () => {
      const requestId = await openOwn("own");
      await evidence.restart();
      const { events } = await evidence.logs.readEvents({ requestId });
      const kind = events[0]?.event?.kind;
      const calls = kind?.case === "opened" ? kind.value.calls : [];
      assert.deepEqual(
        calls.map(({ payload }) => payload.case === "own" && payload.value.payloads.map((one) => one.payloadJson)),
        [["OWN a", "OWN b"], ["OWN c"]],
      );
    });
  });

  it("comes back to the broadcaster as it was appended, also after a restart", async () => {
    const requestId = await logOf("kept", taken, signed("a"));
    await evidence.restart();
    const { events } = await evidence.logs.readEvents({ requestId });
    const kind = events[2]?.event?.kind;
    assert.equal(kind?.case, "signed");
    const [step] = kind?.case === "signed" ? kind.value.steps : [];
    assert.deepEqual([step?.signedDelegateBase64, step?.payload?.payloadJson], ["DELEGATE a", "PAYLOAD a"]);
    assert.deepEqual([step?.delegateNonce, step?.payload?.deadlineMs], [7n, 1n]);
  });

  /** Puts the clear text back into an entry, as it was written before secrets were kept beside. */
  async function makeOld(requestId: string): Promise<void> {
    const entries = await history(requestId);
    const entry = JSON.parse(entries[2]?.entryJson ?? "");
    const [step] = entry.event.signed.steps;
    delete step.signed_delegate_sha256;
    delete step.payload.payload_sha256;
    step.signed_delegate_base64 = "DELEGATE a";
    step.payload.payload_json = "PAYLOAD a";
    let last = canonicalJson(entry);
    await evidence.place.alter(requestId, 3, { entryJson: last });
    await evidence.place.alter(requestId, 3, { hash: sha256Hex(last) });
    await evidence.place.forgetSecret(requestId, 3);
    for (const { version, entryJson } of entries.slice(3)) {
      last = canonicalJson({ ...JSON.parse(entryJson), prev_hash: sha256Hex(last) });
      await evidence.place.alter(requestId, Number(version), { entryJson: last });
      await evidence.place.alter(requestId, Number(version), { hash: sha256Hex(last) });
    }
    await evidence.restart();
  }

  it("is withheld from who reads an old log until it is submitted or long over, and the log still verifies", async () => {
    const verify = async (requestId: string) => checkHistory(await history(requestId), sha256Hex).kind;
    const sent = await logOf("old and sent", taken, signed("a"), submitted);
    const unsent = await logOf("old", taken, signed("a"), discarded, ended);
    for (const requestId of [sent, unsent]) await makeOld(requestId);
    const { events } = await evidence.logs.readEvents({ requestId: sent });
    assert.match(JSON.stringify(events, plain), /DELEGATE a.*PAYLOAD a/);
    assert.equal(await verify(sent), "intact");
    const entries = await history(unsent);
    assert.deepEqual(
      entries.map(({ withheld }) => withheld),
      [false, false, true, false, false],
    );
    assert.equal(JSON.parse(entries[3]?.entryJson ?? "").prev_hash, entries[2]?.hash);
    assert.doesNotMatch(await shown(unsent), /PAYLOAD|DELEGATE/);
    now += 25 * 3_600_000;
    assert.equal(await verify(unsent), "intact");
  });
});
