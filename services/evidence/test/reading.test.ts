import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { type EvidenceUnderTest, startEvidence, walletHeaders } from "./support/harness.ts";
import { onEveryStore } from "./support/places.ts";

const taken = { case: "taken", value: { driverId: "driver", epoch: 1n } } as const;
const waiting = { case: "waiting", value: { queue: { position: 1, waitingFor: "turn" } } } as const;
const ended = { case: "ended", value: { status: "failed", errorCode: "timed_out" } } as const;

onEveryStore("reading records", (newPlace) => {
  let evidence: EvidenceUnderTest;
  beforeEach(async () => {
    evidence = await startEvidence(newPlace());
  });
  afterEach(() => evidence.stop());

  const headers = walletHeaders;

  it("a request id in upper case cannot be missed, by whatever method", async () => {
    const requestId = await evidence.open("upper");
    const upper = requestId.toUpperCase();
    assert.notEqual(upper, requestId);
    assert.equal((await evidence.records.getRecord({ requestId: upper }, { headers })).requestId, requestId);
    const { entries } = await evidence.records.getHistory({ requestId: upper }, { headers });
    assert.deepEqual(
      entries.map((entry) => entry.requestId),
      [requestId],
    );
    await evidence.append(requestId, 1, ended);
    const held = { requestId: upper, waitMs: 20_000, untilTerminal: true };
    assert.equal((await evidence.records.getRecord(held, { headers })).requestId, requestId);
    const told: string[] = [];
    for await (const event of evidence.records.watchProgress({ requestId: upper }, { headers }))
      told.push(event.requestId);
    assert.deepEqual(new Set(told), new Set([requestId]));
  });

  it("answers another wallet exactly as for an id that never was", async () => {
    const requestId = await evidence.open("mine");
    const stranger = { ...headers, "x-wallet-id": "wallet-2" };
    for (const [id, who] of [
      [requestId, stranger],
      [evidence.id(), headers],
      ["no uuid at all", headers],
    ] as const) {
      const error = await evidence.records
        .getRecord({ requestId: id }, { headers: who })
        .then(() => undefined, ConnectError.from);
      assert.equal(error?.code, Code.NotFound);
      assert.equal(error?.rawMessage, `workflow request ${id} was not found`);
    }
  });

  it("finds a batch only as a batch", async () => {
    const requestId = await evidence.open("batch", { endpoint: "sequential_batch" });
    const found = await evidence.records.getRecord({ requestId, endpoint: "sequential_batch" }, { headers });
    assert.equal(found.statusUrl, `/wallet/v1/sequential-batch/${requestId}`);
    await assert.rejects(
      evidence.records.getRecord({ requestId, endpoint: "workflow" }, { headers }),
      /workflow request/,
    );
  });

  it("refuses a caller without credentials or with wrong ones", async () => {
    const requestId = await evidence.open("guarded");
    for (const wrong of [{}, { "x-wallet-id": "wallet-1" }, { ...headers, "x-internal-wallet-auth": "guess" }]) {
      const error = await evidence.records
        .getRecord({ requestId }, { headers: wrong })
        .then(() => undefined, ConnectError.from);
      assert.equal(error?.code, Code.Unauthenticated);
    }
  });

  it("holds the answer until the record ends", async () => {
    const requestId = await evidence.open("held");
    const answer = evidence.records.getRecord({ requestId, waitMs: 20_000, untilTerminal: true }, { headers });
    await evidence.append(requestId, 1, taken);
    await evidence.append(requestId, 2, ended);
    assert.equal((await answer).status, "failed");
  });

  it("holds the answer until the record changes", async () => {
    const requestId = await evidence.open("changes");
    for (let version = 1; version < 8; ) {
      const before = version;
      let isAnswered = false;
      const answer = evidence.records.getRecord({ requestId, waitMs: 20_000 }, { headers }).finally(() => {
        isAnswered = true;
      });
      // The first change may come before the question is there, which then is about the next.
      while (!isAnswered) {
        await evidence.append(requestId, version, version === 1 ? taken : waiting);
        version += 1;
      }
      const record = await answer;
      assert.ok(record.version > BigInt(before) && record.version <= BigInt(version));
    }
  });

  it("answers with the record as it stands when the wait is over", async () => {
    const requestId = await evidence.open("patience");
    const record = await evidence.records.getRecord({ requestId, waitMs: 30, untilTerminal: true }, { headers });
    assert.equal(record.status, "planned");
  });

  it("streams every event once, in order, to readers who come early, late, or again", async () => {
    const requestId = await evidence.open("watched");
    const read = async (afterVersion: bigint) => {
      const seen: string[] = [];
      for await (const event of evidence.records.watchProgress({ requestId, afterVersion }, { headers })) {
        seen.push(`${event.version}:${event.event}:${event.status}`);
      }
      return seen;
    };
    const early = read(0n);
    await evidence.append(requestId, 1, taken);
    const midway = read(1n);
    await evidence.append(requestId, 2, waiting);
    await evidence.append(requestId, 3, ended);
    const all = ["1:opened:planned", "2:taken:policy_checking", "3:waiting:queued", "4:ended:failed"];
    assert.deepEqual(await early, all);
    assert.deepEqual(await midway, all.slice(1));
    assert.deepEqual(await read(0n), all);
    assert.deepEqual(await read(4n), []);
    assert.deepEqual(await read(9n), []);
  });

  it("tells nothing that was signed", async () => {
    const requestId = await evidence.open("discreet");
    await evidence.append(requestId, 1, {
      case: "signed",
      value: { steps: [{ payload: { payloadJson: "PAYLOAD" }, signedDelegateBase64: "DELEGATE" }] },
    });
    await evidence.append(requestId, 2, ended);
    const told: string[] = [];
    for await (const event of evidence.records.watchProgress({ requestId }, { headers })) {
      told.push(JSON.stringify(event, (_, value) => (typeof value === "bigint" ? String(value) : value)));
    }
    assert.equal(told.length, 3);
    assert.doesNotMatch(told.join(), /PAYLOAD|DELEGATE/);
  });
});
