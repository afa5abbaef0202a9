import assert from "node:assert/strict";
import type { WalletCaller } from "@outlayer/access";
import { Code, Refusal } from "@outlayer/kit";
import { refuseSession, refuseStepsOfSession } from "../src/rpc/session-limits.ts";

const session: WalletCaller = { walletId: "account:alice.near", credential: "session", sessionId: "s" };
const others = (["internal_token", "api_key"] as const).map((credential) => ({ walletId: "wallet-1", credential }));

describe("a session", () => {
  it("has no step that the keystore would sign", () => {
    for (const form of ["intents.transfer", "intents.swap", "intents.add_public_key", "explicit", "unknown"]) {
      assert.throws(
        () => refuseStepsOfSession(session, [{ form }, { form: "explicit" }]),
        (error) =>
          error instanceof Refusal &&
          error.code === Code.PermissionDenied &&
          error.about.reason === "NOT_FOR_SESSIONS" &&
          error.message ===
            `a session cannot have steps[0] (${form}) signed: send it with the credentials of the wallet that is to sign`,
      );
    }
  });

  it("has payloads carried that it has signed itself, and no other step beside them", () => {
    const own = { form: "intents.execute_signed" };
    refuseStepsOfSession(session, [own, own]);
    assert.throws(
      () => refuseStepsOfSession(session, [own, { form: "explicit" }, own]),
      (error) => error instanceof Refusal && error.about.field === "steps[1].kind",
    );
  });

  it("has no batch and no direct-user call", () => {
    assert.throws(() => refuseSession(session, "a sequential batch"), /cannot have a sequential batch signed/);
  });

  it("limits no other credential", () => {
    for (const caller of others) {
      refuseStepsOfSession(caller, [{ form: "intents.transfer" }]);
      refuseSession(caller, "a sequential batch");
    }
  });
});
