import assert from "node:assert/strict";
import { execute, install } from "../support/direct-user.ts";
import { type System, startSystem } from "../support/system.ts";
import { checkRun, type Run } from "./check.ts";
import { kindsOf, withEntries, withRecord } from "./falsify.ts";
import { runOfSystem } from "./run-of-system.ts";

const isPrepared = (entryJson: string) => entryJson.includes('"direct_user_call_prepared":');

/** The call that was opened, as one of another method. */
const asksFor = (entryJson: string, method: string) =>
  entryJson.includes('"opened":')
    ? entryJson.replaceAll('"method_name":"increase"', `"method_name":"${method}"`)
    : entryJson;

/** As if there had been no other workflow. */
const only = (run: Run, index: number): Run => ({ ...run, workflows: run.workflows.slice(index, index + 1) });

describe("the checker of runs: calls of a user's own key", () => {
  let system: System;
  let run: Run;

  before(async () => {
    system = await startSystem();
    await install(system);
    const keys = ["first", "second", "failing"];
    const bodies = [];
    for (const key of keys) {
      const wishes = key === "failing" ? { gas: "1000000000" } : {};
      bodies.push((await execute(system.rest(), wishes, key)).body);
    }
    const posted = bodies.map(({ request_id }, index) => ({
      walletId: "wallet-1",
      key: keys[index] ?? "",
      requestId: request_id,
    }));
    run = await runOfSystem(system, posted);
  });

  after(() => system.stop());

  const evidence = () => {
    const { direct_user_evidence } = run.workflows[0]?.record ?? {};
    assert.ok(direct_user_evidence?.tx_hash);
    return direct_user_evidence;
  };
  const prepared = (index: number) =>
    run.workflows[index]?.entries.map(({ entryJson }) => entryJson).find(isPrepared) ?? "";

  it("has nothing to say where nothing went wrong", () => {
    assert.deepEqual(checkRun(run), []);
    assert.deepEqual(
      run.workflows.map(({ record }) => record.status),
      ["succeeded", "succeeded", "failed"],
    );
  });

  const falsified: readonly [what: string, change: () => Run, kind: string][] = [
    [
      "a success that is called a failure",
      () => withRecord(run, 0, { status: "failed", user_visible_error: "?" }),
      "untrue",
    ],
    [
      "a call that is said not to have been sent",
      () => withRecord(run, 0, { direct_user_evidence: { ...evidence(), tx_hash: null } }),
      "untrue",
    ],
    [
      "a wrong height",
      () => withRecord(run, 0, { direct_user_evidence: { ...evidence(), block_height: 1 } }),
      "untrue",
    ],
    [
      "a count that does not fit",
      () => withRecord(run, 0, { direct_user_evidence: { ...evidence(), count_after: 9 } }),
      "untrue",
    ],
    [
      "gas that was not burnt",
      () => withRecord(run, 0, { fees: { gate_fee_yocto: "0", gas_burnt_yocto: "1", forgotten_tx_hashes: [] } }),
      "untrue",
    ],
    [
      "a call that is said to be forgotten, and to have succeeded",
      () =>
        withRecord(run, 0, {
          fees: { gate_fee_yocto: "0", gas_burnt_yocto: "0", forgotten_tx_hashes: [evidence().tx_hash ?? ""] },
        }),
      "untrue",
    ],
    [
      "one that is said to be dead, and landed",
      () =>
        withEntries(run, 0, (text) =>
          isPrepared(text) ? [text, `{"event":{"transaction_dead":{"tx_hash":"${evidence().tx_hash}"}}}`] : [text],
        ),
      "untrue",
    ],
    [
      "a call that landed twice",
      () => withEntries(run, 0, (text) => (isPrepared(text) ? [text, prepared(1)] : [text])),
      "twice",
    ],
    [
      "a transaction of the key that no log has",
      () => withEntries(only(run, 0), 0, (text) => (isPrepared(text) ? [] : [text])),
      "write_ahead",
    ],
    ["a call that was not asked for", () => withEntries(run, 0, (text) => [asksFor(text, "decrease")]), "untrue"],
    [
      "a key that did not sign",
      () => withRecord(run, 0, { direct_user_evidence: { ...evidence(), public_key: "ed25519:1" } }),
      "untrue",
    ],
    [
      "counts that fit, and are called ambiguous",
      () => withRecord(run, 0, { direct_user_evidence: { ...evidence(), ambiguous: true } }),
      "untrue",
    ],
    [
      "a failure on chain where nothing landed",
      () =>
        withRecord(
          withEntries(run, 0, (text) => (isPrepared(text) ? [] : [text])),
          0,
          {
            status: "failed",
            error_code: "dispatch_failed",
            user_visible_error: "the call failed on chain: ?",
            direct_user_evidence: {},
          },
        ),
      "untrue",
    ],
    [
      "one that failed on chain, and is said to have been cancelled",
      () => withRecord(run, 2, { status: "cancelled", error_code: "cancelled" }),
      "untrue",
    ],
    [
      "another reason than the chain's",
      () => withRecord(run, 2, { user_visible_error: "the call failed on chain: it did not want to" }),
      "untrue",
    ],
    [
      "what was sent after a wish to cancel",
      () => withEntries(run, 0, (text) => (isPrepared(text) ? ['{"event":{"cancel_requested":{}}}', text] : [text])),
      "wish",
    ],
  ];
  for (const [what, change, kind] of falsified) {
    it(`finds ${what}`, () => {
      const kinds = kindsOf(change());
      assert.ok(kinds.includes(kind), `found ${kinds.join() || "nothing"}`);
    });
  }
});
