import assert from "node:assert/strict";
import { gateCalls } from "./support/chain-dump.ts";
import { corruptSignature, misbehavingSigner } from "./support/misbehaving-signer.ts";
import { MovingClock, pastDeadlinesMs, someMorning } from "./support/moving-clock.ts";
import { deadlineOnly } from "./support/on-chain.ts";
import { assertRefused, step } from "./support/refusals.ts";
import { dust, three } from "./support/steps.ts";
import { type System, type SystemOptions, withSystem } from "./support/system.ts";

/** `DELEGATE_VALIDITY_BLOCKS` by default. */
const validityBlocks = 180n;

describe("what a user gets: refused by the gate", () => {
  let clock: MovingClock;
  beforeEach(() => {
    clock = new MovingClock(someMorning);
  });
  /** Payloads are over when the test says so. */
  const onClock = (wrap: SystemOptions["wrap"]): SystemOptions => ({ clock, wrap, environment: deadlineOnly });

  /** Runs three transfers of which the gate refuses the second, and checks what is said on the way and at the end. */
  async function assertSecondRefused(system: System, error: string): Promise<void> {
    const resumed = gateCalls(system.devnet, "resume_batch_chained").length;
    const requestId = await system.rest().begin(three, "refused");
    const settling = await system.rest().until(requestId, ({ status }) => status === "settling");
    // Each as long as its own payload: they are signed one after the other, perhaps over the turn of a second.
    const untils: string[] = settling.step_outcomes.map(
      (outcome: { possible_until: string }) => outcome.possible_until,
    );
    for (const each of untils) assert.match(each, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const [until = ""] = untils.toSorted().reverse();
    const possible = (index: number, text: string | null) => step("still_possible", text, untils[index]);
    assert.deepEqual(settling.step_outcomes, [possible(0, null), possible(1, error), possible(2, null)]);
    assert.equal(
      settling.user_visible_error,
      `step 2 of 3 was refused by the gate: ${error}; steps 1, 2, 3 of 3 may still execute until ${until}; do not repeat before`,
    );
    const whileSettling = await system.rest().execute(three, "refused", 0);
    assert.equal(whileSettling.status, 202);
    clock.advance(pastDeadlinesMs);
    await system.rest().ended(requestId);
    const [first, , third] = settling.intent_ids;
    assertRefused(await system.rest().execute(three, "refused"), 400, {
      status: "failed",
      error_code: "submission_refused",
      user_visible_error: `step 2 of 3 was refused by the gate: ${error}`,
      step_outcomes: [step("not_executed"), step("not_executed", error), step("not_executed")],
      intent_ids: [first, null, third],
      resume_tx_hash: null,
      resume_tx_hashes: [],
      dispatch_receipts: [null, null, null],
      balance_deltas: {},
    });
    assert.equal(gateCalls(system.devnet, "resume_batch_chained").length, resumed);
  }

  it("a bad signature", () =>
    withSystem(onClock(corruptSignature(1)), (system) =>
      assertSecondRefused(system, "Smart contract panicked: signature verification failed"),
    ));

  it("an expired delegate", () => {
    const wrap = misbehavingSigner({
      // As if it were valid for one block.
      terms: (step, { maxBlockHeight }) => (step === 1 ? { maxBlockHeight: maxBlockHeight - validityBlocks + 1n } : {}),
    });
    return withSystem(onClock(wrap), (system) =>
      assertSecondRefused(system, "Smart contract panicked: intent expired (max_block_height <= current block)"),
    );
  });

  it("a replayed nonce", () => {
    let used: bigint | undefined;
    const wrap = misbehavingSigner({
      terms(step, { delegateNonce }) {
        used ??= delegateNonce;
        return step === 1 ? { delegateNonce: used } : {};
      },
    });
    return withSystem(onClock(wrap), async (system) => {
      const first = await system.rest().execute([dust]);
      assert.equal(first.body.status, "succeeded");
      await assertSecondRefused(
        system,
        "Smart contract panicked: nonce already used for this sender (replay rejected)",
      );
    });
  });
});
