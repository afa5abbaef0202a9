import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { sha256Hex } from "@outlayer/kit";
import { cutError, cutLogs } from "../services/broadcaster/src/core/chain/cut-text.ts";
import type { EventInit } from "../services/broadcaster/src/core/workflow/action.ts";
import { driven, reasonIn } from "../services/broadcaster/test/core/flapping-driver.ts";
import { admitted, allowed, signing, taken } from "../services/broadcaster/test/core/workflow-builder.ts";
import { chainEntry, type Entry } from "../services/evidence/src/core/entry.ts";
import { type Amounts, type Change, type Ledger, release, reserve } from "../services/evidence/src/core/usage.ts";
import { emptyFold, type Fold, nextEntry } from "../services/evidence/src/core/usage-entry.ts";

const stepCount = 12;
const kinds = Array.from({ length: stepCount }, () => "intents" as const);
const requestId = "0192f3c0-0000-7000-8000-000000000001";

/** REST's longest body, shared among as many steps as a workflow has at most. */
const bodyLength = 256 * 1024;
const intentsJson = JSON.stringify([{ intent: "transfer", memo: "m".repeat(bodyLength / stepCount - 256) }]);
const bodyText = JSON.stringify({
  steps: kinds.map(() => ({ kind: "near_intents", intents: JSON.parse(intentsJson) })),
});

const payloadJson = JSON.stringify({ message: JSON.stringify({ intents: JSON.parse(intentsJson) }), nonce: "n" });
const delegate = Buffer.from(JSON.stringify({ signed: [{ payload: JSON.parse(payloadJson) }] }));

const opened: EventInit = {
  case: "opened",
  value: {
    endpoint: "workflow",
    walletId: "w",
    calls: kinds.map(() => ({
      receiverId: "intents.near",
      methodName: "execute_intents",
      payload: { case: "intents" as const, value: { intentsJson } },
    })),
    originalRequestText: bodyText,
    workflowText: bodyText,
  },
};
const signed: EventInit = {
  case: "signed",
  value: {
    steps: kinds.map((_, step) => ({
      signedDelegateBase64: delegate.toString("base64"),
      delegateNonce: BigInt(step),
      payload: { payloadJson, intentHash: "h".repeat(44), nonce: "n".repeat(44) },
    })),
  },
};
const submissions: EventInit = {
  case: "submissionsPrepared",
  value: {
    submissions: kinds.map((_, step) => ({
      step,
      transaction: { hash: "h".repeat(44), signedTransaction: new Uint8Array(delegate), signerId: "relayer.near" },
    })),
  },
};
const error = cutError("e".repeat(1_000_000));
const outcomes = kinds.map(() => ({ outcome: "failed_on_chain", error }));
const results = kinds.map(
  (_, step): EventInit => ({
    case: "stepResolved",
    value: {
      step,
      receipt: { status: "failure", error, logs: cutLogs(Array.from({ length: 100 }, () => "l".repeat(16 * 1024))) },
      outcome: outcomes[step] as never,
    },
  }),
);
const ended: EventInit = { case: "ended", value: { status: "failed", outcomes: outcomes as never } };

/** Bytes that evidence stores of these events: hashed entries, and what is kept beside them. */
function bytesOf(events: readonly EventInit[]): { readonly bytes: number; readonly entries: number } {
  let previous: Entry | undefined;
  let bytes = 0;
  for (const kind of events) {
    previous = chainEntry(requestId, previous, create(EventSchema, { kind }), 1_000_000, sha256Hex);
    bytes += Buffer.byteLength(previous.entryJson) + Buffer.byteLength(previous.secretJson ?? "");
  }
  return { bytes, entries: events.length };
}

describe("the log of the worst workflow that is allowed", () => {
  it("stays small while reasons for waiting flap, a keystore fails again and again, and turns come and go", () => {
    // 10,000 blocks are an hour and a half.
    const flapping = driven({
      kinds,
      blocks: 10_000,
      answers: ({ kind }, half) => {
        if (kind === "seek_admission") return half % 3 === 0 ? [admitted] : { waitingFor: reasonIn(half) };
        return kind === "sign" ? { waitingFor: reasonIn(half) } : undefined;
      },
    });
    const { bytes, entries } = bytesOf(flapping.map(({ event }) => event.kind as EventInit));
    assert.ok(entries > 100 && entries <= 400, `${entries} entries`);
    assert.ok(bytes < 200_000, `${bytes} bytes`);
  });

  it("has at most 6 MB with most steps, the largest payloads and logs, and every signing anew", () => {
    const discarded: EventInit = { case: "signaturesDiscarded", value: { reason: "they became too old" } };
    const signings = [admitted, signing(kinds), signed, discarded];
    const settling: EventInit = { case: "settling", value: { outcomes: outcomes as never, errorCode: "timed_out" } };
    const log = [
      opened,
      taken,
      allowed,
      ...signings,
      ...signings,
      ...signings,
      ...signings.slice(0, -1),
      submissions,
      ...results,
      settling,
      ended,
    ];
    const { bytes } = bytesOf(log);
    assert.ok(bodyText.length <= bodyLength && bodyText.length > 0.95 * bodyLength);
    assert.ok(bytes < 6_000_000, `${bytes} bytes`);
  });
});

/** REST's longest body, with as many tokens as fit. */
const tokensPerStep = 1_100;
const amountsOf = (step: number): Amounts =>
  new Map(Array.from({ length: tokensPerStep }, (_, token) => [`nep141:${step * tokensPerStep + token}`, 1n]));

/** Bytes of the usage entries of one workflow: reserved, admitted, signed four times on new terms, and released. */
function usageBytesOf(fold: Fold): readonly number[] {
  const steps = kinds.map((_, step) => amountsOf(step));
  const each = new Set(kinds.keys());
  const changes: readonly (readonly ["reserved" | "released", (ledger: Ledger) => Change | undefined])[] = [
    ["reserved", (ledger) => reserve(ledger, steps, "", 1_000_000)],
    ["reserved", (ledger) => reserve(ledger, steps, "", 2_000_000)],
    ...["a", "b", "c", "d"].map(
      (terms, turn) =>
        ["reserved", (ledger: Ledger) => reserve(ledger, steps, terms.repeat(64), 3_000_000 + turn)] as const,
    ),
    ["released", (ledger) => release(ledger, each, 4_000_000)],
  ];
  let ledger: Fold & Ledger = { ...fold, own: undefined };
  return changes.map(([kind, changeOf]) => {
    const change = changeOf(ledger) ?? assert.fail();
    const { entry, after } = nextEntry(ledger, { walletId: "w", requestId }, kind, change);
    ledger = { ...after, own: change.after };
    return Buffer.byteLength(entry.entryJson);
  });
}

describe("the usage entries of the worst workflow that is allowed", () => {
  const bytes = usageBytesOf(emptyFold);

  it("have at most 5 MB together, each at most what the request reserved and what that replaced", () => {
    const body = JSON.stringify(kinds.map((_, step) => [...amountsOf(step)].map(([token]) => [token, "-1"])));
    assert.ok(body.length > 0.95 * bodyLength, `${body.length}`);
    assert.ok(Math.max(...bytes) < 2.2 * bodyLength, `${Math.max(...bytes)} bytes in one`);
    const all = bytes.reduce((sum, each) => sum + each, 0);
    assert.ok(all < 5_000_000, `${all} bytes`);
  });

  it("have as many bytes where the wallet has moved 20,000 other tokens", () => {
    const others = new Map(Array.from({ length: 20_000 }, (_, token) => [`nep141:other-${token}`, 10n ** 24n]));
    const { hour, day, month } = emptyFold.totals;
    const [amounts, transactions] = [others, 20_000];
    const totals = {
      hour: { ...hour, amounts, transactions },
      day: { ...day, amounts, transactions },
      month: { ...month, amounts, transactions },
    };
    const snapshotLength = 5_000_000;
    const after = { ...emptyFold, totals, seq: 1, snapshotSeq: 1, snapshotLength };
    assert.deepEqual(usageBytesOf(after), bytes);
  });
});
