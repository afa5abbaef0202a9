import assert from "node:assert/strict";
import { Actor, signIntents } from "../support/actors.ts";
import { chainsRegister, dust, registerStep, transfer } from "../support/steps.ts";
import { type System, startSystem } from "../support/system.ts";
import { checkRun, type Posted, type Run } from "./check.ts";
import { kindsOf, withEntries, withRecord, withWorkflow } from "./falsify.ts";
import type { Attempt } from "./rules/windows.ts";
import { runOfSystem } from "./run-of-system.ts";
import { type RecordJson, readWorkflow, type WorkflowEvidence } from "./workflow.ts";

/** Workflows of the run, in the order in which they are posted. */
const requests = [
  [dust, transfer("5", "nep141:usdc.near")],
  [registerStep(1), { ...registerStep(2), args_json: { value: "no number" } }, registerStep(3)],
  // The first comes back, the second is lost.
  [
    withdrawal({ intent: "ft_withdraw", token: "wrap.near", receiver_id: "mike.near", amount: "1000" }),
    withdrawal({ intent: "native_withdraw", receiver_id: "nobody.near", amount: "7" }),
  ],
];

function withdrawal(intent: object) {
  return { kind: "intents.execute_raw", intents: [intent] };
}

/** The dump with every number as text, changed as text. */
function withDump(run: Run, change: (text: string) => string): Run {
  const text = JSON.stringify(run.dump, (_, value) => (typeof value === "bigint" ? String(value) : value));
  const changed = change(text);
  assert.notEqual(changed, text, "there was something to change");
  return { ...run, dump: JSON.parse(changed) };
}

describe("the checker of runs", () => {
  let system: System;
  let run: Run;
  let posted: readonly Posted[];

  before(async () => {
    system = await startSystem({ environment: chainsRegister });
    const rest = system.rest();
    posted = await Promise.all(
      requests.map(async (steps, index) => {
        const key = `checked-${index}`;
        return { walletId: "wallet-1", key, requestId: await rest.begin(steps, key) };
      }),
    );
    for (const { requestId } of posted) await rest.ended(requestId);
    run = await runOfSystem(system, posted);
  });

  after(() => system.stop());

  const only = (index: number) => {
    const workflow = run.workflows[index];
    assert.ok(workflow);
    return workflow;
  };

  /** Each transaction of a kind, written down so many blocks after the last head that is in time. */
  function writtenDownAfter(kind: "submission" | "resume", blocks: number): Attempt[] {
    const windows = run.workflows.flatMap((workflow) => readWorkflow(workflow).windows);
    const ofKind = windows.filter((one) => one.kind === kind);
    assert.ok(ofKind.length > 0);
    return ofKind.map(({ hash, lastHead }) => ({ hash, head: lastHead + blocks }));
  }

  it("has nothing to say of a run in which nothing went wrong, be it that a call failed", () => {
    const attempts = [...writtenDownAfter("submission", 0), ...writtenDownAfter("resume", 0)];
    assert.deepEqual(checkRun({ ...run, attempts }), []);
    assert.deepEqual(
      run.workflows.map(({ record }) => record.status),
      ["succeeded", "failed", "failed"],
    );
    // A dump as it comes over HTTP says the same.
    assert.deepEqual(checkRun(withDump(run, (text) => `${text} `)), []);
  });

  it("has nothing to say of a release after which the steps were reserved again before they were signed", () => {
    const released = [{ requestId: only(0).requestId, steps: [1], atMs: 0, reservedAgainAtMs: 1 }];
    assert.deepEqual(checkRun({ ...run, released }), []);
  });

  const falsified: readonly [what: string, change: () => Run, kind: string][] = [
    ["a failure that is called a success", () => withRecord(run, 1, succeeded(only(1).record)), "untrue"],
    ["a success that is called a failure", () => withRecord(run, 0, failed(only(0).record)), "untrue"],
    ["value that came back and is called kept", () => withOutcome(run, 2, 0, "succeeded"), "untrue"],
    ["value that is lost and is called kept", () => withOutcome(run, 2, 1, "succeeded"), "untrue"],
    ["value that is lost and is called refunded", () => withOutcome(run, 2, 1, "refunded"), "untrue"],
    ["a success that is called refunded", () => withOutcome(run, 0, 0, "refunded"), "untrue"],
    [
      "deltas without what came back",
      () => withRecord(run, 2, { balance_deltas: { "nep141:wrap.near:intents": "-1007" } }),
      "untrue",
    ],
    ["a code that says that all came back", () => withRecord(run, 2, { error_code: "refunded" }), "untrue"],
    [
      "a step after one that came back, where that was to halt",
      () => withEntries(run, 2, (text) => [text.replace('"opened":{', '"opened":{"halt_on_failure":true,')]),
      "halt",
    ],
    [
      "a reservation that was released of what is lost",
      () => ({ ...run, released: [{ requestId: only(2).requestId, steps: [1], atMs: Number.MAX_SAFE_INTEGER }] }),
      "released_moved",
    ],
    ["an outcome that is left open", () => withRecord(run, 0, { step_outcomes: [null, null] }), "untrue"],
    ["a wrong height of a dispatch", () => withRecord(run, 0, { dispatch_block_heights: [1, 2] }), "untrue"],
    ["a receipt that is not there", () => withRecord(run, 0, { dispatch_receipts: [null, null] }), "untrue"],
    [
      "a log line that the receipt does not have",
      () =>
        withRecord(run, 0, {
          dispatch_receipts: only(0).record.dispatch_receipts.map((one) => one && { ...one, logs: [...one.logs, "x"] }),
        }),
      "untrue",
    ],
    [
      "a wrong balance delta",
      () => withRecord(run, 0, { balance_deltas: { "nep141:wrap.near:intents": "-1" } }),
      "untrue",
    ],
    ["a wrong fee", () => withRecord(run, 0, { fees: { ...only(0).record.fees, gate_fee_yocto: "0" } }), "untrue"],
    [
      "less gas than was burnt",
      () => withRecord(run, 0, { fees: { ...only(0).record.fees, gas_burnt_yocto: "1" } }),
      "untrue",
    ],
    ["a gate that is another's", () => withRecord(run, 0, { gate_id: "gate-2.sequential.near" }), "untrue"],
    ["ids of others", () => withRecord(run, 0, { intent_ids: only(1).record.intent_ids.slice(0, 2) }), "untrue"],
    [
      "a resume that did not run",
      () => withRecord(run, 0, { resume_tx_hash: "11111111111111111111111111111111" }),
      "untrue",
    ],
    ["a record that does not end", () => withRecord(run, 0, { status: "dispatching" }), "unended"],
    ["a workflow that is not there any more", () => ({ ...run, workflows: run.workflows.slice(1) }), "lost"],
    [
      "a key under which two were opened",
      () => withRecord(run, 1, { idempotency_key: only(0).record.idempotency_key }),
      "key_used_twice",
    ],
    [
      "an entry that was changed after it was hashed",
      () =>
        withWorkflow(run, 0, (workflow) => ({
          ...workflow,
          entries: workflow.entries.map((one, at) =>
            at === 3 ? { ...one, entryJson: one.entryJson.replace(/"at":"\d/, '"at":"3') } : one,
          ),
        })),
      "log_broken",
    ],
    [
      "an entry that is missing",
      () =>
        withWorkflow(run, 0, (workflow) => ({ ...workflow, entries: workflow.entries.filter((_, at) => at !== 4) })),
      "log_broken",
    ],
    [
      "a transaction that was logged only after it was on the chain",
      () =>
        withDump(run, (text) =>
          text.replaceAll(/"timestamp_nanosec":"(\d)/g, (_, digit) => `"timestamp_nanosec":"${Number(digit) - 1}`),
        ),
      "write_ahead",
    ],
    [
      "a nonce of an operator's key that was given out twice",
      () =>
        withEntries(run, 0, (text) => [
          text.includes('"submissions_prepared":') ? text.replaceAll(/"nonce":"\d+"/g, '"nonce":"7"') : text,
        ]),
      "nonce_twice",
    ],
    ["a transaction that no log has", () => ({ ...run, workflows: run.workflows.slice(1) }), "write_ahead"],
    [
      "signatures that were made anew after a submission",
      () =>
        withWorkflow(run, 0, (workflow) => ({
          ...workflow,
          entries: [
            ...workflow.entries,
            ...workflow.entries.filter(({ entryJson }) => entryJson.includes('"signed":')),
          ],
        })),
      "signed_anew",
    ],
    [
      "an end that was written down while what was signed could still execute",
      () =>
        withEntries(run, 0, (text) => [
          text.includes('"ended":') ? text.replace(/"at":"[^"]*/, '"at":"2020-01-01') : text,
        ]),
      "ended_early",
    ],
    [
      "a reservation that was released while what was signed could still execute",
      () => ({ ...run, released: [{ requestId: only(0).requestId, steps: [1], atMs: 0 }] }),
      "released_early",
    ],
    [
      "a reservation that was released, and made again only after the signing",
      () => {
        const reservedAgainAtMs = Number.MAX_SAFE_INTEGER;
        return { ...run, released: [{ requestId: only(0).requestId, steps: [1], atMs: 0, reservedAgainAtMs }] };
      },
      "released_early",
    ],
    [
      "a submission that was written down in the last 30 blocks of its delegate",
      () => ({ ...run, attempts: writtenDownAfter("submission", 4) }),
      "late",
    ],
    [
      "a resume that was written down when its intents would time out before they are dispatched",
      () => ({ ...run, attempts: writtenDownAfter("resume", 4) }),
      "late",
    ],
    [
      "signatures beside others that could still execute",
      () => withEntries(run, 0, (text) => (text.includes('"signing_prepared":') ? [text, text] : [text])),
      "signed_beside",
    ],
    [
      "an intent that was dispatched twice",
      // The trace event stands twice in the logs.
      () => withDump(run, (text) => text.replace(/"trace:(?:[^"\\]|\\.)*intent_dispatched(?:[^"\\]|\\.)*"/, "$&,$&")),
      "twice",
    ],
    [
      "steps that were dispatched the other way round",
      () => withWorkflow(run, 0, (workflow) => ({ ...workflow, entries: workflow.entries.map(withStepsSwapped) })),
      "order",
    ],
    [
      "a step that was dispatched after one that failed, where that was to halt",
      () => withEntries(run, 1, (text) => [text.replace('"opened":{', '"opened":{"halt_on_failure":true,')]),
      "halt",
    ],
    [
      "what was begun after a wish to cancel",
      () =>
        withEntries(run, 0, (text) =>
          text.includes('"opened":') ? [text, '{"event":{"cancel_requested":{}}}'] : [text],
        ),
      "wish",
    ],
    [
      "a wish to cancel that was answered and is in no log",
      () => ({ ...run, posted: run.posted.map((one) => ({ ...one, cancelledAtMs: 0 })) }),
      "wish",
    ],
    ["a cancel that nobody wished", () => withRecord(run, 1, { error_code: "cancelled" }), "wish"],
  ];
  for (const [what, change, kind] of falsified) {
    it(`finds ${what}`, () => {
      const kinds = kindsOf(change());
      assert.ok(kinds.includes(kind), `found ${kinds.join() || "nothing"}`);
    });
  }

  it("finds what a workflow asked for once, and a second payload did again", async () => {
    const { devnet } = system;
    // Signed behind the product's back: another nonce, the same transfer.
    const intent = { intent: "transfer", receiver_id: dust.receiver_id, tokens: { [dust.token]: dust.amount } };
    const signed = await signIntents(devnet, "wallet-1", [intent]);
    const call = { receiverId: devnet.verifierId, methodName: "execute_intents", args: { signed: [signed] } };
    await new Actor(devnet, "mike.near").call(call);
    const twice = checkRun(await runOfSystem(system, posted));
    assert.deepEqual(
      twice.map(({ kind, requestId }) => [kind, requestId]),
      [["twice", posted[0]?.requestId]],
    );
  });
});

function withOutcome(run: Run, index: number, step: number, outcome: string): Run {
  const said = run.workflows[index]?.record.step_outcomes ?? [];
  return withRecord(run, index, {
    step_outcomes: said.map((one, at) => (at === step ? { outcome, error: one?.error ?? null } : one)),
  });
}

function succeeded({ step_outcomes }: RecordJson): Partial<RecordJson> {
  return { status: "succeeded", step_outcomes: step_outcomes.map(() => ({ outcome: "succeeded", error: null })) };
}

function failed({ step_outcomes }: RecordJson): Partial<RecordJson> {
  const outcome = { outcome: "not_executed", error: null };
  return { status: "failed", user_visible_error: "?", step_outcomes: step_outcomes.map(() => outcome) };
}

/** A log in which the first two steps have each other's signatures. */
function withStepsSwapped(entry: WorkflowEvidence["entries"][number]): WorkflowEvidence["entries"][number] {
  const { event, ...rest } = JSON.parse(entry.entryJson);
  const steps = event.signed?.steps;
  if (steps === undefined) return entry;
  const disclosed: { readonly step: number }[] = JSON.parse(entry.disclosedJson).steps;
  const swapped = disclosed.map((one) => ({ ...one, step: steps.length - 1 - one.step }));
  return {
    ...entry,
    entryJson: JSON.stringify({ ...rest, event: { signed: { steps: steps.toReversed() } } }),
    disclosedJson: JSON.stringify({ steps: swapped }),
  };
}
