import assert from "node:assert/strict";
import { gateCalls } from "./support/chain-dump.ts";
import { operatorsNear } from "./support/operator-near.ts";
import { registerStep } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";

const twelve = (receiver_id: string) => Array.from({ length: 12 }, (_, at) => ({ ...registerStep(at), receiver_id }));

async function refused(system: System, receiver_id: string) {
  const before = operatorsNear(system);
  const { body } = await system.rest().execute(twelve(receiver_id));
  assert.deepEqual(gateCalls(system.devnet, "submit_intent"), []);
  assert.equal(operatorsNear(system), before);
  return [body.status, body.error_code, body.user_visible_error];
}

describe("a receiver that can take no call", () => {
  it("twelve steps to an account that does not exist cannot burn anything of the operator's", () =>
    withSystem({}, async (system) => {
      const error = "step 1 of 12 calls nobody.near, which does not exist";
      assert.deepEqual(await refused(system, "nobody.near"), ["failed", "receiver_not_found", error]);
    }));

  it("nor can steps to an account without a contract", () =>
    withSystem({}, async (system) => {
      const error = "step 1 of 12 calls relayer.sequential.near, which has no contract";
      assert.deepEqual(await refused(system, "relayer.sequential.near"), ["failed", "receiver_has_no_code", error]);
    }));

  it("is not concluded from nodes that are away: the workflow waits, and is refused when one answers", () =>
    withSystem({}, async (system) => {
      const { faults } = system.devnet.controls;
      const method = "query:view_account";
      const { id } = faults.add({ target: "rpc", method, count: null, fault: { kind: "server_error" } });
      const requestId = await system.rest().begin(twelve("nobody.near"));
      await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "rpc_unavailable");
      faults.remove(id);
      const { status, error_code } = await system.rest().ended(requestId);
      assert.deepEqual([status, error_code], ["failed", "receiver_not_found"]);
    }));
});
