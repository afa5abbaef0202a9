import { deepStrictEqual, strictEqual } from "node:assert";
import type { MockChain } from "../harness/mock-chain.ts";
import { stubContract } from "../harness/stub-contract.ts";
import {
  APPROVER,
  GATE,
  gateChain,
  OWNER,
  RELAYER,
  resumeOne,
  signedDelegate,
  submit,
  submitMany,
  TARGET,
  TGAS,
  TIER_1,
  traces,
} from "./gate-world.ts";

describe("a pending intent", () => {
  it("is shown with its delegate's height as its expiry", () => {
    const chain = gateChain();
    submit(chain, { nonce: 7n, method: "execute_intents", maxBlockHeight: 4444n });
    deepStrictEqual(chain.view(GATE, "get_pending", { intent_id: "0" }), {
      intent_id: "0",
      sender: "alice.near",
      receiver_id: TARGET,
      method: "execute_intents",
      nonce: "7",
      expires_at_block: "4444",
      submitted_at_block: "1000",
    });
    strictEqual(chain.view(GATE, "get_pending", { intent_id: "1" }), null);
  });

  it("times out 200 blocks after its submission, counted as rejected and free of charge", () => {
    const chain = gateChain();
    submit(chain, { nonce: 1n });
    chain.mine(200);
    deepStrictEqual(chain.view(GATE, "list_pending"), ["0"]);
    chain.mine();
    const { logs, ok, value } = chain.outcomes.at(-1) ?? {};
    deepStrictEqual(logs, ['trace:{"ev":"intent_resolved_err","id":0,"reason":"timeout","detail":"Failed"}']);
    deepStrictEqual([ok, Buffer.from(value ?? []).toString()], [true, "null"]);
    deepStrictEqual(chain.view(GATE, "list_pending"), []);
    deepStrictEqual(chain.view(GATE, "stats"), ["1", "0", "1", "1", "0"]);
    deepStrictEqual(chain.view(GATE, "get_fee_stats"), ["0", "0"]);
  });

  it("cannot be resumed once its yield is gone, and the fee is not taken", () => {
    const chain = gateChain();
    submit(chain, { nonce: 1n });
    chain.mine(200);
    strictEqual(resumeOne(chain, "0").panic, "resume failed (not found or expired)");
    deepStrictEqual(chain.view(GATE, "get_fee_stats"), ["0", "0"]);
  });

  it("is rejected by approve: false, for the fee, and calls nothing", () => {
    const chain = gateChain();
    submit(chain, { nonce: 1n });
    const resumed = resumeOne(chain, "0", false);
    strictEqual(resumed.logs[1], 'trace:{"ev":"intent_resumed","id":0,"approve":false}');
    chain.settle();
    deepStrictEqual(chain.outcomes.at(-1)?.logs, ['trace:{"ev":"intent_resolved_err","id":0,"reason":"rejected"}']);
    deepStrictEqual(chain.view(GATE, "stats"), ["1", "0", "1", "1", "0"]);
    deepStrictEqual(chain.view(GATE, "get_fee_stats"), [String(TIER_1), "0"]);
  });

  it("keeps its nonce used after a reject", () => {
    const chain = gateChain();
    submit(chain, { nonce: 1n });
    resumeOne(chain, "0", false);
    chain.settle();
    strictEqual(submit(chain, { nonce: 1n }).panic, "nonce already used for this sender (replay rejected)");
  });

  it("shows its submission's final answer only where it is single: the target's", () => {
    const chain = gateChain();
    const answer = new Uint8Array(Buffer.from('"done"'));
    chain.deploy(
      TARGET,
      stubContract(() => ({ value: answer })),
    );
    submit(chain, { nonce: 1n });
    strictEqual(resumeOne(chain, "0").ok, true);
    chain.settle();
    const [submission, , callback, target] = chain.outcomes;
    deepStrictEqual([submission?.value, callback?.value, target?.value], [undefined, undefined, answer]);
  });

  it("leaves the list by swap-remove: the last one takes the gap", () => {
    const chain = gateChain();
    submitMany(chain, 4);
    resumeOne(chain, "1");
    deepStrictEqual(chain.view(GATE, "list_pending"), ["0", "3", "2"]);
  });
});

describe("a submission", () => {
  it("is taken from whitelisted relayers only", () => {
    const chain = gateChain();
    const args = { signed_delegate: "" };
    const stranger = chain.call({ receiver: GATE, method: "submit_intent", args, predecessor: OWNER });
    strictEqual(stranger.panic, "caller is not a whitelisted relayer");
  });

  it("needs 200 Tgas for its callback beside its own work", () => {
    const chain = gateChain();
    strictEqual(submit(chain, { nonce: 1n }, 50n * TGAS).panic, "Exceeded the prepaid gas.");
    deepStrictEqual(chain.view(GATE, "list_pending"), []);
    strictEqual(submit(chain, { nonce: 1n }, 250n * TGAS).ok, true);
  });

  it("takes no deposit", () => {
    const args = { signed_delegate: signedDelegate({ nonce: 1n }) };
    const paid = gateChain().call({ receiver: GATE, method: "submit_intent", args, predecessor: RELAYER, deposit: 1n });
    strictEqual(paid.panic, "Method submit_intent doesn't accept deposit");
  });

  it("is refused for what the gate cannot read, by name", () => {
    const delegate = Buffer.from(signedDelegate({ nonce: 1n }), "base64");
    const actionTag = delegate.indexOf(2, 4 + "alice.near".length + 4 + TARGET.length + 4);
    const signatureTag = delegate.length - 65;
    const refusal = (at: number, tag: number) => {
      const changed = Uint8Array.from(delegate, (byte, index) => (index === at ? tag : byte));
      const args = { signed_delegate: Buffer.from(changed).toString("base64") };
      return gateChain().call({ receiver: GATE, method: "submit_intent", args, predecessor: RELAYER }).panic;
    };
    const said = (problem: string) => `invalid SignedDelegateAction: ${problem}`;
    strictEqual(refusal(actionTag, 8), said("nested DelegateAction forbidden (NEP-366)"));
    strictEqual(refusal(actionTag, 0), said("action variant 0 not supported in v0.1 (only FunctionCall)"));
    strictEqual(refusal(signatureTag, 1), said("expected ed25519 signature (tag 0), got tag 1"));
  });

  it("may be for a sender whose key the gate never saw", () => {
    strictEqual(submit(gateChain(), { nonce: 1n }).ok, true);
  });
});

describe("resume_intent", () => {
  const resume = (chain: MockChain, args: unknown, change: object = {}) =>
    chain.call({ receiver: GATE, method: "resume_intent", args, predecessor: APPROVER, deposit: TIER_1, ...change });

  it("is the approver's, and charges before it looks for the intent", () => {
    const chain = gateChain();
    const args = { intent_id: "5", approve: true };
    strictEqual(resume(chain, args, { predecessor: OWNER }).panic, "only approver can resume");
    const short = `insufficient fee: required ${TIER_1} yocto for batch of 1, got 0`;
    strictEqual(resume(chain, args, { deposit: 0n }).panic, short);
    strictEqual(resume(chain, args).panic, "unknown intent_id");
  });

  it("works beside a chain in flight", () => {
    const chain = gateChain();
    submitMany(chain, 3);
    const ids = { intent_ids: ["0", "1"] };
    chain.call({ receiver: GATE, method: "resume_batch_chained", args: ids, predecessor: APPROVER, deposit: TIER_1 });
    strictEqual(resumeOne(chain, "2").ok, true);
    chain.settle();
    deepStrictEqual(
      traces(chain).flatMap(({ ev, id, seq }) => (ev === "intent_dispatched" ? [[id, seq]] : [])),
      [
        [0, 0],
        [2, null],
        [1, 1],
      ],
    );
  });

  it("takes ids as strings only", () => {
    const said =
      "Failed to deserialize input from JSON. Error: `invalid type: integer `3`, expected a string at line 1 column";
    strictEqual(resume(gateChain(), { intent_id: 3, approve: true }).panic, `${said} 30\``);
    const batch = { receiver: GATE, method: "resume_batch_chained", args: { intent_ids: [3] }, predecessor: APPROVER };
    strictEqual(gateChain().call(batch).panic, `${said} 18\``);
  });
});
