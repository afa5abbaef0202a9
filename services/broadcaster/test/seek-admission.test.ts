import assert from "node:assert/strict";
import { RpcUnavailable } from "../src/core/ports/near-node.ts";
import { Grants } from "../src/shell/policy/check-policy.ts";
import { seekAdmission } from "../src/shell/workflow/perform/seek-admission.ts";
import { workflow } from "./core/workflow-builder.ts";

describe("seeking admission", () => {
  it("admits nobody by heads of before an outage, and looks at nothing else before", async () => {
    const asked: string[] = [];
    const refuse = (what: string) => () => {
      asked.push(what);
      throw new Error(`${what} was asked`);
    };
    const released: string[] = [];
    const tools = {
      conductor: { place: async () => ({ kind: "may_enter" }), admit: refuse("conductor") },
      line: { has: () => false },
      intake: { has: () => false, release: (requestId: string) => released.push(requestId) },
      follower: { heads: { final: { height: 1000 }, optimistic: { height: 1002 } }, isCurrent: false },
      commitments: { set: refuse("commitments") },
      signer: { account: refuse("signer") },
      ports: { clock: { now: () => 0 } },
    } as unknown as Parameters<typeof seekAdmission>[0];
    const state = workflow(["intents", "intents"], []);
    const account = { accountId: "a", policyCheckedAtMs: 0 } as Parameters<typeof seekAdmission>[2];
    await assert.rejects(seekAdmission(tools, state, account, new Grants()), RpcUnavailable);
    assert.deepEqual(asked, []);
    assert.deepEqual(released, [state.requestId]);
  });
});
