import assert from "node:assert/strict";
import { httpCodeOfStatus, isTerminal, statuses } from "@outlayer/workflow";

describe("statuses", () => {
  it("are in progress exactly where a POST answers 202", () => {
    for (const status of statuses) assert.equal(httpCodeOfStatus[status] === 202, !isTerminal(status), status);
  });

  it("answer 200 for success, 409 for what the caller can set up, 400 for the rest", () => {
    const ended = statuses.filter(isTerminal).map((status) => `${httpCodeOfStatus[status]} ${status}`);
    assert.deepEqual(ended, [
      "200 succeeded",
      "409 requires_funding_setup",
      "409 requires_direct_user_setup",
      "409 requires_approval",
      "400 cancelled",
      "400 rejected",
      "400 policy_denied",
      "400 failed",
    ]);
  });

  it("are not terminal when they are none", () => {
    assert.equal(isTerminal("done"), false);
  });
});
