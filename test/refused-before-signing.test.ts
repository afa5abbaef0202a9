import assert from "node:assert/strict";
import { Code, Refusal } from "@outlayer/kit";
import { gateCalls } from "./support/chain-dump.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { makeFinal } from "./support/on-chain.ts";
import { assertNothingHappened, assertRefused, neverBegun } from "./support/refusals.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { dust, three, transfer } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

describeShapes("what a user gets: refused before anything is signed", (shape) => {
  it("a policy denial", () =>
    withSystem({ shape }, async (system) => {
      const limit = { rules: { limits: { per_transaction: { [dust.token]: "5" } } } };
      system.devnet.controls.wallets.setPolicy("wallet-1", limit);
      const reason = `Per-transaction limit exceeded for ${dust.token}: ${dust.amount} > 5`;
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "policy_denied",
        error_code: "policy_denied",
        user_visible_error: `policy denied before signing: ${reason}`,
        proxy_predecessor: false,
        predecessor_model: "none",
        ordering_model: "none",
      });
      assertNothingHappened(system);
    }));

  it("a frozen wallet", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.wallets.setFrozen("wallet-1", true);
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "policy_denied",
        error_code: "policy_denied",
        user_visible_error: "policy denied before signing: Wallet is frozen by controller",
      });
      assertNothingHappened(system);
    }));

  it("a wallet that wants approvals", () =>
    withSystem({ shape }, async (system) => {
      const approvers = [{ id: "ann", role: "signer" }];
      system.devnet.controls.wallets.setPolicy("wallet-1", {
        rules: {},
        approval: { threshold: { required: 2 }, approvers },
      });
      assertRefused(await system.rest().execute(three), 409, {
        ...neverBegun,
        status: "requires_approval",
        error_code: "requires_approval",
        user_visible_error: "the wallet's policy requires 2 approvals for this workflow",
      });
      assertNothingHappened(system);
    }));

  it("an insufficient balance at step 2 of 3", () =>
    withSystem({ shape }, async (system) => {
      const steps = [dust, transfer("99999999000000000000000001"), dust];
      assertRefused(await system.rest().execute(steps), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "insufficient_balance",
        user_visible_error:
          "step 2 of 3 moves 99999999000000000000000001 of nep141:wrap.near, but only 99999999000000000000000000 would be left in the verifier by then",
      });
      assertNothingHappened(system);
    }));

  it("an unregistered relayer", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.gate.setRelayer(system.devnet.relayer.accountId, false);
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "relayer_not_whitelisted",
        user_visible_error: "the gate does not accept relayer.sequential.near as a relayer",
      });
      assertNothingHappened(system);
    }));

  it("a gate whose fee tier differs", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.gate.setTiers([
        [3, 31n],
        [12, 60n],
      ]);
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "fee_mismatch",
        user_visible_error: "the gate asks 31 yoctoNEAR for up to 3 calls, agreed were 30000000000000000000000",
      });
      assertNothingHappened(system);
    }));

  it("not for a fee that was another when it was planned", () =>
    withSystem({ shape }, async (system) => {
      const { gate } = system.devnet.controls;
      gate.setTiers([[12, 31n]]);
      assert.equal((await system.rest().post("/workflows/plan", { steps: three })).status, 200);
      gate.setTiers([[12, 30_000_000_000_000_000_000_000n]]);
      assert.equal((await system.rest().execute(three)).body.status, "succeeded");
    }));

  it("an approver that was rotated", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.gate.setApprover("mike.near");
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "approver_rotated",
        user_visible_error: "the gate's approver is mike.near, not approver.sequential.near",
      });
      assertNothingHappened(system);
    }));

  itEmbedded(shape, "a keystore that refuses to sign (rule: keystore-refusal-fails-at-once)", () => {
    const text = "keystore refused: Invalid receiver_id: the Account ID is too short";
    const wrap = misbehavingSigner({
      answer() {
        throw new Refusal(Code.FailedPrecondition, text, {
          reason: "KEYSTORE_REFUSED",
          metadata: { nothingSigned: "true" },
        });
      },
    });
    return withSystem({ wrap }, async (system) => {
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "keystore_refused",
        user_visible_error: text,
      });
      assert.equal(gateCalls(system.devnet, "submit_intent").length, 0);
    });
  });

  it("a keystore that fails for once: asked again, and carried out", () =>
    withSystem({ shape }, async (system) => {
      const fault = { kind: "server_error" } as const;
      system.devnet.controls.faults.add({
        target: "keystore",
        method: "/wallet/sign-nep366-delegate",
        count: 1,
        fault,
      });
      assert.equal((await system.rest().execute(three)).body.status, "succeeded");
    }));

  it("a wallet whose key on NEAR would let the delegates be relayed past the gate", () =>
    withSystem({ shape }, async (system) => {
      const [wallet] = system.devnet.wallets;
      const { accountId = "", publicKey = "" } = wallet ?? {};
      system.devnet.controls.accounts.addKey(accountId, publicKey, { kind: "fullAccess" }, 5n);
      makeFinal(system);
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "unsafe_delegate_nonce",
        user_visible_error: `the key of ${accountId} has a nonce on NEAR that is too low: a signed call could be relayed past the gate`,
      });
      assertNothingHappened(system);
    }));
});
