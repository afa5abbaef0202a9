import assert from "node:assert/strict";
import { gateCalls } from "./support/chain-dump.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { MovingClock, someMorning } from "./support/moving-clock.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { dust, three } from "./support/steps.ts";
import { type System, type SystemOptions, withSystem } from "./support/system.ts";

describeShapes("decisions, on the chain", (shape) => {
  describe("a grant that expires while its steps are being signed (rule: late-denial-sends-nothing)", () => {
    /** A keystore that takes more than the grants' minute over the first step, during which something happens. */
    function slowToSign(clock: MovingClock, meanwhile: (system: System) => void): SystemOptions & { system?: System } {
      const options: SystemOptions & { system?: System } = {
        clock,
        wrap: misbehavingSigner({
          answer(response, { step }) {
            if (step === 0) {
              clock.advance(61_000);
              if (options.system !== undefined) meanwhile(options.system);
            }
            return response;
          },
        }),
      };
      return options;
    }
    const policyChecks = (system: System) =>
      system.devnet.controls.counters.snapshot().keystore["/wallet/check-policy"] ?? 0;

    itEmbedded(shape, "is renewed by asking policy again", () => {
      const options = slowToSign(new MovingClock(someMorning), () => {});
      return withSystem(options, async (system) => {
        options.system = system;
        await system.rest().execute([dust]);
        const before = policyChecks(system);
        const record = await system.rest().ended(await system.rest().begin(three));
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.equal(policyChecks(system) - before, 18, "two checks a step: at first, with the terms, and once more");
      });
    });

    itEmbedded(shape, "ends the workflow when policy now denies it, and what was signed is thrown away unsent", () => {
      const clock = new MovingClock(someMorning);
      const options = slowToSign(clock, (system) => {
        system.devnet.controls.wallets.setFrozen("wallet-1", true);
      });
      return withSystem(options, async (system) => {
        options.system = system;
        const requestId = await system.rest().begin(three);
        const text =
          "policy denied before signing: Wallet is frozen by controller; what had been signed before was thrown away unsent";
        // It does not end before that is dead (rule: signed-means-possible).
        const settling = await system.rest().until(requestId, ({ status }) => status === "settling");
        const until = settling.step_outcomes[0].possible_until;
        assert.equal(
          settling.user_visible_error,
          `${text}; steps 1, 2, 3 of 3 may still execute until ${until}; do not repeat before`,
        );
        clock.advance(300_000);
        const record = await system.rest().ended(requestId);
        assert.deepEqual([record.status, record.error_code], ["policy_denied", "policy_denied"]);
        assert.equal(record.user_visible_error, text);
        assert.deepEqual([record.signed_nep413_payloads, record.signed_nep366_delegates], [[], [null, null, null]]);
        assert.equal(gateCalls(system.devnet, "submit_intent").length, 0);
      });
    });
  });
});
