import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { type Aftermath, readAftermath, revocableOf } from "../../src/core/chain/aftermath.ts";
import { readTransactionStatus } from "../../src/core/chain/transaction-status.ts";
import { undoneBy } from "../../src/core/workflow/undone.ts";
import { panics, type ReceiptSpec, transactionStatus, value } from "./transaction-builder.ts";

const verifier = "intents.near";
const me = "me.near";
const token = "nep141:t.near";

const event = (name: string, data: object) =>
  `EVENT_JSON:${JSON.stringify({ standard: "nep245", version: "1.0.0", event: name, data: [data] })}`;
const burnt = (amount: string, owner_id = me) => event("mt_burn", { owner_id, token_ids: [token], amounts: [amount] });
const minted = (amount: string, owner_id = me) =>
  event("mt_mint", { owner_id, token_ids: [token], amounts: [amount], memo: "refund" });
const sentBack = (amount: string) =>
  event("mt_transfer", { old_owner_id: "r.near", new_owner_id: me, token_ids: [token], amounts: [amount] });

const callOf = (...intents: object[]) => {
  const payload = { case: "intents", value: { intentsJson: JSON.stringify(intents) } } as const;
  return create(GateCallSchema, { receiverId: verifier, methodName: "execute_intents", payload });
};
const ftWithdraw = { intent: "ft_withdraw", token: "t.near", receiver_id: "r.near", amount: "1000" };

/** What became of a call with these intents, whose receipt made the others. */
function aftermath(
  intents: readonly object[],
  receipts: readonly ReceiptSpec[],
  children = receipts.filter(({ id }) => id.startsWith("c")).map(({ id }) => id),
  logs: readonly string[] = [burnt("1000")],
): Aftermath {
  const target = { id: "r0", executor: verifier, children, logs };
  const made = receipts.map((one) => ({ predecessor: verifier, executor: verifier, ...one }));
  const status = readTransactionStatus(transactionStatus([target, ...made]));
  const parent = status?.receipts.get("r0");
  assert.ok(status && parent);
  return readAftermath(status, parent, revocableOf(callOf(...intents), me, verifier));
}

const transfer = { id: "c1", executor: "t.near", method: "ft_transfer" };
const resolveArgs = { token: "t.near", sender_id: me, amount: "1000", is_call: false };
const resolve = { id: "c2", method: "ft_resolve_withdraw", args: resolveArgs };
const refused = { ...transfer, status: panics("not registered") };
const outcomeOf = (after: Aftermath) => undoneBy(after).outcome;

describe("what follows a payload that was executed", () => {
  it("is nothing where no intent can be taken back", () => {
    const plain = { intent: "transfer", receiver_id: "r.near", tokens: { [token]: "1" } };
    for (const intent of [plain, { ...plain, msg: null }, { intent: "token_diff", diff: {} }]) {
      assert.deepEqual(aftermath([intent], [refused, resolve]), { kind: "none" });
    }
    const args = { case: "args", value: new Uint8Array() } as const;
    const call = create(GateCallSchema, { receiverId: verifier, methodName: "execute_intents", payload: args });
    assert.equal(revocableOf(call, me, verifier), undefined);
  });

  it("is open until the receipts that decide have run, and known with their blocks", () => {
    assert.equal(
      aftermath(
        [ftWithdraw],
        [
          { ...transfer, waits: true },
          { ...resolve, waits: true },
        ],
      ).kind,
      "open",
    );
    assert.equal(aftermath([ftWithdraw], [transfer, { ...resolve, waits: true }]).kind, "open");
    // Not even listed: only its arguments tell whether it decides.
    assert.equal(aftermath([ftWithdraw], [transfer], ["c1", "c2"]).kind, "open");
    const after = aftermath([ftWithdraw], [transfer, resolve]);
    assert.ok(after.kind === "known" && after.blockHashes.includes("b-c2"));
    assert.deepEqual(undoneBy(after), {});
  });

  it("is open where the callback has run and the node does not show what it answered", () => {
    const elsewhere = { ...transfer, waits: true };
    const args = { ...resolveArgs, is_call: true };
    assert.equal(aftermath([ftWithdraw], [elsewhere, { ...resolve, args }]).kind, "open");
    assert.equal(aftermath([ftWithdraw], [refused, { ...resolve, args }]).kind, "known");
  });

  it("does not wait for the system's refunds, nor for promises that decide nothing", () => {
    const refund = { id: "c3", predecessor: "system", executor: "relayer.near", waits: true };
    const other = { id: "c4", executor: "x.near", method: "log", waits: true };
    assert.equal(aftermath([ftWithdraw], [transfer, resolve, refund, other]).kind, "known");
  });

  it("is a refund where the verifier mints back, whole or in part", () => {
    const whole = aftermath([ftWithdraw], [refused, { ...resolve, logs: [minted("1000")] }]);
    assert.deepEqual(undoneBy(whole), { outcome: { outcome: "refunded", error: "not registered" }, cameBack: true });
    const args = { ...resolveArgs, is_call: true };
    const part = undoneBy(aftermath([ftWithdraw], [transfer, { ...resolve, args, logs: [minted("400")] }]));
    const error = `the receiver did not keep all of it (in part: 400 of ${token} came back)`;
    assert.deepEqual(part, { outcome: { outcome: "refunded", error }, cameBack: false });
  });

  it("is a loss where it failed and nothing was given back", () => {
    const lost = { outcome: "failed_on_chain", error: "not registered (not refunded)" };
    assert.deepEqual(outcomeOf(aftermath([ftWithdraw], [refused, resolve])), lost);
    // The callback itself failed: what it would have given back is not there, whatever its logs say.
    const failing = { ...resolve, status: panics("no gas"), logs: [minted("1000")] };
    assert.deepEqual(outcomeOf(aftermath([ftWithdraw], [refused, failing])), lost);
    // A plain transfer that went through had nothing to give back.
    assert.equal(outcomeOf(aftermath([ftWithdraw], [transfer, failing])), undefined);
    const notifies = { ...failing, args: { ...resolveArgs, is_call: true } };
    assert.equal(outcomeOf(aftermath([ftWithdraw], [transfer, notifies]))?.error, "no gas (not refunded)");
  });

  it("names every kind of withdrawal, notification and call", () => {
    const msg = { intent: "transfer", receiver_id: "r.near", tokens: { [token]: "1000" }, msg: "m" };
    const noted = { id: "c1", executor: "r.near", method: "mt_on_transfer", status: panics("no") };
    const back = {
      id: "c2",
      method: "mt_resolve_transfer",
      args: { previous_owner_ids: [me], receiver_id: "r.near", token_ids: [token], amounts: ["1000"] },
    };
    assert.equal(outcomeOf(aftermath([msg], [noted, { ...back, logs: [sentBack("1000")] }]))?.outcome, "refunded");
    // The receiver has spent it meanwhile.
    assert.equal(outcomeOf(aftermath([msg], [noted, back]))?.error, "no (not refunded)");
    for (const method of ["nft_resolve_withdraw", "mt_resolve_withdraw"]) {
      const intent = { intent: method.replace("_resolve", "") };
      const callback = { ...resolve, method, logs: [minted("1000")] };
      assert.equal(outcomeOf(aftermath([intent], [refused, callback]))?.outcome, "refunded");
    }
    const unwraps = { id: "c1", executor: "wrap.near", method: "near_withdraw" };
    const paying: [intent: object, method: string, args: object][] = [
      [
        { intent: "native_withdraw", receiver_id: "x.near", amount: "7" },
        "do_native_withdraw",
        { withdraw: { receiver_id: "x.near", amount: "7" } },
      ],
      [
        { intent: "storage_deposit", contract_id: "x.near", deposit_for_account_id: "y.near", amount: "7" },
        "do_storage_deposit",
        { storage_deposit: { contract_id: "x.near", deposit_for_account_id: "y.near", amount: "7" } },
      ],
      [
        { intent: "auth_call", contract_id: "x.near", msg: "", attached_deposit: "7" },
        "do_auth_call",
        { signer_id: me },
      ],
    ];
    for (const [intent, method, args] of paying) {
      const pays = { id: "c2", method, args, status: { SuccessReceiptId: "p" } };
      const paid = { id: "p", executor: "x.near" };
      assert.equal(aftermath([intent], [unwraps, pays, { ...paid, waits: true }]).kind, "open");
      assert.equal(outcomeOf(aftermath([intent], [unwraps, pays, paid])), undefined);
      const missing = { ...paid, status: panics("no account") };
      assert.equal(outcomeOf(aftermath([intent], [unwraps, pays, missing]))?.error, "no account (not refunded)");
      const dry = [
        { ...unwraps, status: panics("no NEAR") },
        { ...pays, status: panics("near_withdraw failed") },
      ];
      assert.equal(outcomeOf(aftermath([intent], dry))?.error, "no NEAR (not refunded)");
    }
    const auth = { id: "c1", executor: "x.near", method: "on_auth", args: { signer_id: me }, status: panics("no") };
    assert.equal(outcomeOf(aftermath([{ intent: "auth_call" }], [auth]))?.error, "no (not refunded)");
  });

  it("takes no word from a stranger: executor, predecessor and descent are looked at", () => {
    const gives = { ...resolve, logs: [minted("1000")] };
    // Another contract's callback of that name.
    assert.equal(outcomeOf(aftermath([ftWithdraw], [transfer, { ...gives, executor: "x.near" }])), undefined);
    // A stranger's call of the verifier.
    assert.equal(outcomeOf(aftermath([ftWithdraw], [transfer, { ...gives, predecessor: "x.near" }])), undefined);
    // A callback that another receipt made.
    assert.equal(outcomeOf(aftermath([ftWithdraw], [transfer, gives], ["c1"])), undefined);
    // Others' payloads in the same call.
    const theirs = {
      ...gives,
      args: { ...resolveArgs, sender_id: "maker.near" },
      logs: [minted("1000", "maker.near")],
    };
    assert.equal(outcomeOf(aftermath([ftWithdraw], [refused, theirs])), undefined);
    const pays = { id: "c2", method: "do_native_withdraw", args: { withdraw: { receiver_id: "y.near", amount: "7" } } };
    const intent = { intent: "native_withdraw", receiver_id: "x.near", amount: "7" };
    assert.equal(outcomeOf(aftermath([intent], [{ ...pays, status: panics("no") }])), undefined);
  });

  it("came back whole only where nothing else of the payload is kept", () => {
    const [kept, back] = [resolve, { ...resolve, id: "c4", logs: [minted("1000")] }];
    const receipts = [transfer, kept, { ...refused, id: "c3" }, back];
    const after = aftermath([ftWithdraw, ftWithdraw], receipts, undefined, [burnt("2000")]);
    assert.deepEqual(undoneBy(after), {
      outcome: { outcome: "refunded", error: `not registered (in part: 1000 of ${token} came back)` },
      cameBack: false,
    });
  });

  it("reads a promise that answers with itself to an end", () => {
    const auth = { id: "c1", executor: "x.near", method: "on_auth", args: { signer_id: me } };
    const loop = { ...auth, status: { SuccessReceiptId: "c1" } };
    assert.equal(aftermath([{ intent: "auth_call" }], [loop]).kind, "open");
    assert.equal(aftermath([{ intent: "auth_call" }], [{ ...auth, status: value }]).kind, "known");
  });
});
