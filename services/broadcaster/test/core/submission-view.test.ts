import assert from "node:assert/strict";
import { readResume } from "../../src/core/chain/resume-view.ts";
import { readSubmission, type SubmissionView } from "../../src/core/chain/submission-view.ts";
import {
  failureText,
  isComplete,
  readTransactionStatus,
  voidInclusion,
} from "../../src/core/chain/transaction-status.ts";
import {
  dispatched,
  panics,
  type ReceiptSpec,
  submitted,
  trace,
  transactionStatus,
  value,
} from "./transaction-builder.ts";

const target = "t.near";

function view(receipts: readonly ReceiptSpec[], converted?: unknown): SubmissionView {
  const status = readTransactionStatus(transactionStatus(receipts, converted));
  assert.ok(status);
  return readSubmission(status, "gate.near", target);
}

const submission = {
  id: "r0",
  method: "submit_intent",
  status: { SuccessReceiptId: "y" },
  logs: [submitted],
  children: ["y"],
};
const callback = { id: "y", method: "on_intent_resumed", logs: [dispatched], children: ["t", "c", "refund"] };
const ran = { id: "t", executor: target, method: "m" };

describe("whether everything of a transaction has run", () => {
  const complete = (receipts: readonly ReceiptSpec[], converted?: unknown) => {
    const status = readTransactionStatus(transactionStatus(receipts, converted));
    assert.ok(status);
    return isComplete(status);
  };
  const refund = { id: "refund", predecessor: "system", executor: "relayer.near", waits: true };
  const link = { id: "c", method: "continue_chain" };

  it("it has, once only the system's own refunds are left, which burn nothing", () => {
    assert.equal(complete([submission, callback, ran, link, refund]), true);
    assert.equal(complete([submission, callback, ran, link, { ...refund, waits: false }]), true);
  });

  it("it has not while a receipt waits, or one is not even listed: what it burns is not known", () => {
    assert.equal(complete([submission, { ...callback, waits: true }]), false);
    assert.equal(complete([submission, callback, ran, { ...link, waits: true }, refund]), false);
    assert.equal(complete([submission, callback, ran, refund]), false);
    assert.equal(complete([], "Unknown"), false);
  });
});

describe("reading a submit transaction", () => {
  it("knows nothing of one that has no outcome yet", () => {
    for (const answer of [
      {},
      null,
      "x",
      { transaction_outcome: {} },
      { transaction_outcome: { id: "a", outcome: {} } },
    ]) {
      assert.equal(readTransactionStatus(answer), undefined);
    }
  });

  it("waits while the submission's receipt has not run", () => {
    assert.equal(view([{ ...submission, waits: true }]).submission.kind, "pending");
    assert.equal(view([{ ...submission, status: "Unknown" }]).submission.kind, "pending");
    assert.equal(view([], "Unknown").submission.kind, "pending");
  });

  it("finds the id and the block in which the gate accepted it", () => {
    const seen = view([submission, { ...callback, waits: true }]);
    assert.deepEqual(seen.submission, { kind: "accepted", intentId: "5", blockHash: "b-r0" });
    assert.equal(seen.dispatch, undefined);
    assert.equal(seen.tokensBurnt, 17n);
  });

  it("tells a refusal in the gate's own words", () => {
    const seen = view([
      { ...submission, status: panics("Smart contract panicked: signature verification failed"), logs: [] },
    ]);
    const error = "Smart contract panicked: signature verification failed";
    assert.deepEqual(seen.submission, { kind: "refused", error, blockHash: "b-r0" });
  });

  it("does not take a transaction that was invalid in a block for one that landed: its bytes still can (rule: invalid-is-not-final)", () => {
    const reason = { NotEnoughBalance: { signer_id: "r.near", balance: "1", cost: "2" } };
    const answer = transactionStatus([], { Failure: { InvalidTxError: reason } });
    assert.equal(readTransactionStatus(answer), undefined);
    assert.equal(voidInclusion(answer), "b0");
    assert.equal(voidInclusion(transactionStatus([submission])), undefined);
  });

  it("does not take a transaction that is included and has no outcome yet for one that did not land", () => {
    const status = readTransactionStatus({ final_execution_status: "INCLUDED", transaction_outcome: null });
    assert.ok(status);
    assert.deepEqual(readSubmission(status, "gate.near", target).submission, { kind: "pending" });
    for (const nothing of [{ final_execution_status: "NONE", transaction_outcome: null }, {}]) {
      assert.equal(readTransactionStatus(nothing), undefined);
    }
  });

  it("takes an accepted submission that names no id for a refusal, not for a success", () => {
    assert.equal(view([{ ...submission, logs: [] }]).submission.kind, "refused");
    assert.equal(view([{ ...submission, executor: "other.near" }]).submission.kind, "refused");
  });

  it("follows a dispatch to its target", () => {
    const seen = view([submission, callback, { ...ran, logs: ["hello"] }]);
    assert.deepEqual(seen.dispatch, {
      blockHash: "b-y",
      target: {
        receiptId: "t",
        blockHash: "b-t",
        logs: ["hello"],
        result: { kind: "success", blockHash: "b-t" },
        promised: false,
        aftermath: { kind: "none" },
      },
    });
  });

  it("has no target while that has not run", () => {
    assert.equal(view([submission, callback, { ...ran, waits: true }]).dispatch?.target, undefined);
  });

  it("judges by the target, not by the transaction: a chain member's own status is its follower's", () => {
    const failed = view([
      submission,
      callback,
      { ...ran, status: panics("Smart contract panicked: no") },
      { id: "c", method: "continue_chain" },
    ]);
    assert.deepEqual(failed.dispatch?.target?.result, {
      kind: "failure",
      error: "Smart contract panicked: no",
      blockHash: "b-t",
    });
  });

  it("follows a promise to its value, its failure, or as far as it has come", () => {
    const promised = { ...ran, status: { SuccessReceiptId: "p1" } };
    const first = { id: "p1", executor: "x.near", status: { SuccessReceiptId: "p2" } };
    const through = view([submission, callback, promised, first, { id: "p2", executor: target }]);
    assert.deepEqual(through.dispatch?.target?.result, { kind: "success", blockHash: "b-p2" });
    assert.equal(through.dispatch?.target?.promised, true);
    const failed = view([submission, callback, promised, first, { id: "p2", executor: target, status: panics("no") }]);
    assert.deepEqual(failed.dispatch?.target?.result, { kind: "failure", error: "no", blockHash: "b-p2" });
    assert.deepEqual(view([submission, callback, promised, first]).dispatch?.target?.result, { kind: "pending" });
    assert.deepEqual(view([submission, callback, promised]).dispatch?.target?.result, { kind: "pending" });
  });

  it("does not take a refund to the target for the target's receipt", () => {
    const refund = { id: "refund", executor: target, predecessor: "system" };
    const receipts = [submission, { ...callback, children: ["refund", "t"] }, refund, { ...ran, logs: ["the call"] }];
    assert.deepEqual(view(receipts).dispatch?.target?.logs, ["the call"]);
    assert.equal(view([submission, { ...callback, children: ["refund"] }, refund]).dispatch?.target, undefined);
  });

  it("sees the gate's next link and an end without a dispatch", () => {
    const link = {
      id: "c",
      method: "continue_chain",
      logs: [trace({ ev: "chain_continued", next_id: 6, next_seq: 1, tail_remaining: 0 })],
    };
    assert.deepEqual(view([submission, callback, ran, link]).continued, { blockHash: "b-c" });
    const timeout = trace({ ev: "intent_resolved_err", id: 5, reason: "timeout", detail: "Failed" });
    assert.deepEqual(view([submission, { ...callback, logs: [timeout] }]).closed, {
      blockHash: "b-y",
      reason: "timeout",
    });
    const rejected = trace({ ev: "intent_resolved_err", id: 5, reason: "rejected" });
    assert.deepEqual(view([submission, { ...callback, logs: [rejected] }]).closed, {
      blockHash: "b-y",
      reason: "rejected",
    });
  });

  it("takes nothing that a failed receipt logs for something that happened", () => {
    const failed = view([submission, { ...callback, status: panics("Exceeded the prepaid gas.") }]);
    assert.equal(failed.dispatch, undefined);
    assert.deepEqual(failed.callbackFailed, { blockHash: "b-y", error: "Exceeded the prepaid gas." });
    const silent = view([submission, { ...callback, logs: [], status: panics("Exceeded the prepaid gas.") }]);
    assert.equal(silent.callbackFailed?.error, "Exceeded the prepaid gas.");
    const link = { id: "c", method: "continue_chain", status: panics("unknown next_id in continue_chain") };
    const broken = view([submission, callback, ran, link]);
    assert.equal(broken.callbackFailed, undefined);
    assert.equal(broken.continued, undefined);
  });

  it("believes nobody but the gate: a target can log what it likes", () => {
    const forger = {
      ...ran,
      logs: [
        trace({ ev: "intent_resolved_err", id: 5, reason: "timeout" }),
        trace({ ev: "chain_continued", next_id: 6 }),
      ],
    };
    const seen = view([submission, callback, forger]);
    assert.equal(seen.closed, undefined);
    assert.equal(seen.continued, undefined);
  });

  it("takes no call of the gate by a target for the gate's own word, whatever becomes of it", () => {
    const [caller, asked] = [
      { ...ran, children: ["g"] },
      { id: "g", predecessor: target, method: "on_intent_resumed" },
    ];
    const refused = { ...asked, status: panics("Method on_intent_resumed is private") };
    const running = view([submission, callback, { ...caller, waits: true }, refused]);
    assert.equal(running.callbackFailed, undefined, "the call itself may still run");
    const logs = [dispatched, trace({ ev: "chain_continued", next_id: 6 })];
    const seen = view([submission, callback, caller, { ...asked, logs }]);
    assert.equal(seen.dispatch?.target?.receiptId, "t");
    assert.equal(seen.continued, undefined);
  });

  it("takes only its own intent's events", () => {
    const other = {
      ...callback,
      logs: [trace({ ev: "intent_dispatched", id: 6, receiver: "t.near", method: "m", seq: 1 })],
    };
    assert.equal(view([submission, other, ran]).dispatch, undefined);
  });
});

describe("reading a resume transaction", () => {
  const resume = (status: unknown, waits = false) => {
    const read = readTransactionStatus(transactionStatus([{ id: "r0", status, waits }]));
    assert.ok(read);
    return readResume(read).result;
  };

  it("has started once its receipt succeeded, and not before", () => {
    assert.deepEqual(resume(value), { kind: "started", blockHash: "b-r0" });
    assert.deepEqual(resume(value, true), { kind: "pending" });
    assert.deepEqual(resume("Unknown"), { kind: "pending" });
  });

  it("is refused in the gate's own words", () => {
    const text = "Smart contract panicked: only approver can batch-resume";
    assert.deepEqual(resume(panics(text)), { kind: "refused", error: text, blockHash: "b-r0" });
  });
});

describe("the text of a failure", () => {
  it("is the contract's own, trimmed of nothing", () => {
    const text = "Smart contract panicked: a\n b ";
    assert.equal(failureText(panics(text).Failure), text);
  });

  it("names nested errors, outermost first", () => {
    const kind = (inner: unknown) => ({ ActionError: { index: 0, kind: inner } });
    assert.equal(
      failureText(kind({ FunctionCallError: { MethodResolveError: "MethodNotFound" } })),
      "FunctionCallError: MethodResolveError: MethodNotFound",
    );
    assert.equal(
      failureText(kind({ AccountDoesNotExist: { account_id: "x.near" } })),
      "AccountDoesNotExist: account_id: x.near",
    );
    assert.equal(failureText({ InvalidTxError: "InvalidSignature" }), "InvalidSignature");
    assert.equal(
      failureText({ InvalidTxError: { InvalidNonce: { tx_nonce: 1, ak_nonce: 2 } } }),
      'InvalidNonce: {"tx_nonce":1,"ak_nonce":2}',
    );
    assert.equal(failureText("CompilationError"), "CompilationError");
    assert.equal(failureText({}), "unknown failure");
    assert.equal(failureText(null), "unknown failure");
  });
});
