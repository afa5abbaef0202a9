import assert from "node:assert/strict";
import { Code, Refusal } from "@outlayer/kit";
import { misbehavingSigner } from "../support/misbehaving-signer.ts";
import { makeFinal } from "../support/on-chain.ts";
import { failing, preflight } from "../support/preflight.ts";
import { chainsRegister, dust, registerStep, three, transfer } from "../support/steps.ts";
import { internalToken, withSystem } from "../support/system.ts";
import { waitUntil } from "../support/wait-until.ts";
import { watchedService } from "../support/watched-service.ts";
import {
  approverId,
  assertExecuted,
  blockingToken,
  gateId,
  notSimulated,
  operatorChecks,
  realCode,
  relayerId,
  succeeds,
  wallet,
  walletChecks,
} from "./cases.ts";

describe("preflight", () => {
  it("finds gate, operator and wallet ready, by every check, where a run succeeds", () =>
    withSystem({ environment: { GATE_CODE_HASH: realCode, GATE_OWNER_ID: "sequential.near" } }, async (system) => {
      const gate = await preflight(system);
      assert.deepEqual(
        gate.checks.map(({ name }) => name),
        operatorChecks,
      );
      assert.deepEqual([gate.ready, failing(gate), gate.plan], [true, [], null]);
      const steps = [dust, registerStep(1), transfer("7", "usdc.near")];
      const found = await preflight(system, steps);
      assert.deepEqual(
        found.checks.map(({ name }) => name),
        ["plan", ...operatorChecks, ...walletChecks],
      );
      assert.deepEqual([found.ready, failing(found)], [true, []]);
      const plan = (await system.rest().post("/workflows/plan", { steps })).body;
      assert.deepEqual(found.plan, plan);
      const { height } = system.devnet.chain.head;
      assert.ok(Math.abs(Number(height) - (found.final_height ?? 0)) < 50);
      const simulation = found.checks.find(({ name }) => name === "simulation");
      assert.equal(simulation?.actual, `unmatched_deltas ${JSON.stringify({ [blockingToken]: "2" })}`);
      await assertExecuted(system, steps, succeeds);
    }));

  it("a run succeeds with what its checks ask for and not a yocto more (rule: blocking-checks-come-before-signing)", () =>
    withSystem({}, async (system) => {
      const { accounts } = system.devnet.controls;
      const needs = (await preflight(system, three)).checks.flatMap(({ name, expected }) => {
        const least = /^at least (\d+)$/.exec(expected)?.[1];
        return name.endsWith("_balance") && least !== undefined ? [[name, BigInt(least)] as const] : [];
      });
      assert.equal(needs.length, 3);
      const owners = new Map([
        ["relayer_balance", relayerId],
        ["approver_balance", approverId],
        ["gate_balance", gateId],
      ]);
      for (const [name, least] of needs) accounts.setBalance(owners.get(name) ?? "", least);
      makeFinal(system);
      assert.equal((await preflight(system, three)).ready, true);
      await assertExecuted(system, three, succeeds);
    }));

  it("tells of a gate that somebody else's chain holds, by its tail and its pending intents", () =>
    withSystem({}, async (system) => {
      const { gate, blocks } = system.devnet.controls;
      await gate.foreignChain(12).done;
      blocks.stop();
      makeFinal(system);
      const requestId = await system.rest().begin([dust, dust]);
      const found = await preflight(system);
      blocks.go();
      assert.deepEqual(found.abort_reasons, ["gate_tail"]);
      const tail = found.checks.find(({ name }) => name === "gate_tail");
      assert.equal(tail?.message, "the gate is held by somebody else's chain");
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded");
    }));

  it("knows its own chain and its own pending intents from others'", () =>
    withSystem({ environment: chainsRegister }, async (system) => {
      const requestId = await system.rest().begin(Array.from({ length: 12 }, () => registerStep(1)));
      const { gate, blocks } = system.devnet.controls;
      await waitUntil(() => gate.state.tail.length > 0, "a chain on the gate");
      blocks.stop();
      makeFinal(system);
      const found = await preflight(system);
      blocks.go();
      assert.deepEqual([found.ready, failing(found)], [true, []]);
      assert.equal(found.checks.find(({ name }) => name === "gate_tail")?.message, "a chain of ours runs on the gate");
      assert.equal(found.checks.find(({ name }) => name === "gate_pending")?.actual, "none of others");
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
    }));

  it("fails what it cannot check, and says why: a keystore that is not ready", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const message = "not checked: the keystore is not ready";
      const gate = await preflight(system);
      assert.deepEqual(failing(gate), [
        { name: "keystore", class: "waiting", ok: false, expected: "", actual: "", message },
      ]);
      const found = await preflight(system, three);
      const needsNone = ["receiver_account", "receiver_code", "deadline", "own_payloads", "withdrawal_receiver"];
      const needsTheWallet = walletChecks.filter((name) => !needsNone.includes(name));
      assert.deepEqual(
        failing(found).map(({ name, message }) => [name, message]),
        ["keystore", ...needsTheWallet].map((name) => [name, message]),
      );
      assert.equal(found.checks[0]?.message, "the plan is executable, but for what needs wallet_account");
      assert.deepEqual(found.plan?.unchecked, ["wallet_account"]);
      await assertExecuted(system, three, { waitsFor: "keystore_unavailable" });
    }));

  it("fails what it cannot check, and says why: a keystore that refuses", () =>
    withSystem({ environment: { KEYSTORE_AUTH_TOKEN: "another-token" } }, async (system) => {
      const found = await preflight(system);
      const message = "keystore refused: Invalid coordinator token";
      assert.deepEqual(failing(found), [
        { name: "keystore", class: "blocking", ok: false, expected: "ready", actual: "refuses", message },
      ]);
      await assertExecuted(system, [registerStep(1)], { status: "failed", code: "keystore_refused" });
    }));

  it("takes a keystore that wants approvals at the signature for what it is", () => {
    const text = "keystore refused: Wallet requires 1 approvals";
    const wrap = misbehavingSigner({
      simulated() {
        throw new Refusal(Code.FailedPrecondition, text, { reason: "APPROVAL_REQUIRED" });
      },
    });
    return withSystem({ wrap }, async (system) => {
      const found = await preflight(system, [dust]);
      assert.deepEqual(failing(found), [
        {
          name: "policy",
          class: "blocking",
          ok: false,
          expected: "allowed",
          actual: "requires approval",
          message: text,
        },
        { ...notSimulated, ok: false, message: `not checked: ${text}` },
      ]);
    });
  });

  it("fails what it cannot check, and says why: an RPC node that is away", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.rpc.setAway(true);
      const found = await preflight(system);
      const message = "not checked: NEAR's RPC does not answer";
      assert.deepEqual(
        failing(found).map(({ name, message }) => [name, message]),
        operatorChecks.filter((name) => name !== "keystore").map((name) => [name, message]),
      );
      assert.equal(found.final_height, null);
      await assertExecuted(system, [registerStep(1)], { waitsFor: "rpc_unavailable" });
    }));

  it("holds the steps to the wallet's account where nobody knew it at planning", () =>
    withSystem({}, async (system) => {
      const own = { ...dust, receiver_id: wallet(system).accountId };
      const fault = { kind: "server_error" } as const;
      const method = "/wallet/derive-address";
      system.devnet.controls.faults.add({ target: "keystore", method, count: 1, fault });
      const found = await preflight(system, [own]);
      const message = "step 1 of 1 transfers to the wallet's own account";
      assert.deepEqual(
        failing(found).map(({ name, class: kind, message }) => [name, kind, message]),
        [
          ["wallet_account", "blocking", message],
          ["policy", "blocking", `not checked: ${message}`],
          ["simulation", "blocking", `not checked: ${message}`],
        ],
      );
      await assertExecuted(system, [own], { status: "rejected", code: "planner_rejected" });
    }));

  it("asks nobody about a plan that is not executable, and says what executing it would come to", () => {
    // What the services ask, and not what reaches the keystore: the watch over it asks by itself.
    const asked: string[] = [];
    return withSystem({ wrap: watchedService("signer-proxy", asked) }, async (system) => {
      const plans = [
        [
          [{ receiver_id: "count.mike.near", method_name: "increase" }],
          "rejected",
          "ambiguous normal calls must be classified before policy checks or signing",
        ],
        [[{ kind: "funding.wrap_near", amount: "1" }], "requires_funding_setup", undefined],
        [
          [
            {
              kind: "near.function_call",
              receiver_id: "pool.near",
              method_name: "withdraw",
              predecessor_requirement: "user_required",
            },
          ],
          "requires_direct_user_setup",
          undefined,
        ],
        [[{ ...dust, amount: "0" }], "rejected", undefined],
        [[], "rejected", "workflow contains no executable gate_proxy steps"],
      ] as const;
      assert.equal((await preflight(system, [dust])).ready, true);
      assert.ok(asked.includes("getAccount") && asked.includes("signSimulation"));
      asked.length = 0;
      for (const [steps, status, message] of plans) {
        const found = await preflight(system, steps);
        const executed = await system.rest().execute(steps);
        assert.equal(executed.body.status, status);
        const said = { name: "plan", class: "blocking", ok: false, expected: "executable", actual: status };
        assert.deepEqual(found.checks, [{ ...said, message: executed.body.user_visible_error }]);
        if (message !== undefined) assert.equal(found.checks[0]?.message, message);
        assert.equal(found.final_height, null);
        assert.deepEqual(found.plan, executed.body.plan_json);
      }
      assert.deepEqual(asked, []);
    });
  });

  it("refuses a body that cannot be read, as the plan does", () =>
    withSystem({}, async (system) => {
      for (const body of ['{"steps":', '{"steps":[{"kind":"intents.transfer","amount":5}]}', '{"private_key":"x"}']) {
        const planned = await system.rest().post("/workflows/plan", body);
        const asked = await system.rest().post("/workflows/preflight", body);
        assert.equal(asked.status, 400);
        assert.equal(asked.body.message, planned.body.message);
      }
    }));

  it("answers the same over gRPC", () =>
    withSystem({}, async (system) => {
      const ask = async (request: object) => {
        const response = await fetch(`${system.product.http.planner}/outlayer.planner.v1.PlannerService/Preflight`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-wallet-id": "wallet-1",
            "x-internal-wallet-auth": internalToken,
          },
          body: JSON.stringify(request),
        });
        assert.equal(response.status, 200);
        return ((await response.json()) as { preflight: { checks: { name: string; ok: boolean }[] } }).preflight;
      };
      const steps = [{ kind: "intents.transfer", token: "wrap.near", amount: "7", receiver_id: "mike.near" }];
      const byRest = await preflight(system, steps);
      for (const request of [{ workflow: { steps } }, { workflowJson: JSON.stringify({ steps }) }]) {
        const { checks } = await ask(request);
        assert.deepEqual(
          checks.map(({ name, ok }) => [name, ok]),
          byRest.checks.map(({ name, ok }) => [name, ok]),
        );
      }
      const gate = await ask({});
      assert.deepEqual(
        gate.checks.map(({ name }) => name),
        operatorChecks,
      );
    }));
});
