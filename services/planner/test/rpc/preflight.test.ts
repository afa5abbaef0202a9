import assert from "node:assert/strict";
import { Code, Refusal } from "@outlayer/kit";
import { preflightJson } from "@outlayer/workflow";
import { transfer } from "../support/planning.ts";
import { asWallet, failureOf, type Others, rpcCheck, startPlanner } from "../support/server.ts";

const body = (value: object) => ({ body: { case: "workflowJson" as const, value: JSON.stringify(value) } });
const ambiguous = { receiver_id: "count.mike.near", method_name: "increase" };

async function preflightOver(request: object, others: Others = {}) {
  const planner = startPlanner(others);
  const { preflight } = await planner.client.preflight(request, asWallet);
  assert.ok(preflight !== undefined);
  return { ...planner, found: preflightJson(preflight) };
}

const executable = {
  name: "plan",
  class: "blocking",
  ok: true,
  expected: "executable",
  actual: "executable",
  message: "the plan is executable",
};

describe("PlannerService.Preflight", () => {
  it("without a workflow hands on what the broadcaster finds of gate and operator", async () => {
    const { found, asked } = await preflightOver({});
    assert.deepEqual(asked, ["preflight of wallet-1, 0 calls"]);
    assert.deepEqual(found, { ready: true, abort_reasons: [], checks: [rpcCheck], final_height: 7, plan: null });
  });

  it("has the calls of an executable plan looked at, and puts the plan first", async () => {
    const { found, asked, opened } = await preflightOver(body({ steps: [transfer, transfer] }));
    assert.deepEqual(asked.at(-1), "preflight of wallet-1, 2 calls");
    assert.deepEqual(found.checks, [executable, rpcCheck]);
    assert.equal((found.plan as { executable: boolean }).executable, true);
    assert.deepEqual(opened, []);
  });

  it("asks nobody about a plan that is rejected", async () => {
    const { found, asked } = await preflightOver(body({ steps: [transfer, ambiguous] }));
    assert.deepEqual(asked, []);
    assert.deepEqual([found.ready, found.abort_reasons, found.final_height], [false, ["plan"], null]);
    const message = "ambiguous normal calls must be classified before policy checks or signing";
    assert.deepEqual(found.checks, [{ ...executable, ok: false, actual: "rejected", message }]);
  });

  it("calls a broadcaster that does not answer a check that fails", async () => {
    const away = () => Promise.reject(new Refusal(Code.Unavailable, "away"));
    const unanswered = {
      name: "broadcaster",
      class: "waiting",
      ok: false,
      expected: "",
      actual: "",
      message: "not checked: the broadcaster does not answer",
    };
    const gate = await preflightOver({}, { preflight: away });
    assert.deepEqual([gate.found.ready, gate.found.checks], [false, [unanswered]]);
    const { found } = await preflightOver(body({ steps: [transfer] }), { preflight: away });
    assert.deepEqual(
      [found.ready, found.abort_reasons, found.checks],
      [false, ["broadcaster"], [executable, unanswered]],
    );
  });

  it("names the rules that could not be applied", async () => {
    const away = () => Promise.reject(new Refusal(Code.Unavailable, "away"));
    const { found } = await preflightOver(body({ steps: [transfer] }), { getAccount: away, getGateFacts: away });
    const message = "the plan is executable, but for what needs wallet_account and gate_fee_tiers";
    assert.deepEqual(found.checks, [{ ...executable, message }, rpcCheck]);
  });

  it("refuses what cannot be read, and who does not prove a wallet", async () => {
    const { client, asked } = startPlanner();
    const unreadable = client.preflight({ body: { case: "workflowJson", value: '{"steps":' } }, asWallet);
    assert.match(await failureOf(unreadable), /^InvalidArgument: invalid workflow JSON: /);
    assert.match(await failureOf(client.preflight({})), /^Unauthenticated: /);
    assert.deepEqual(asked, []);
  });

  it("does not take a bug of the broadcaster's for an outage", async () => {
    const broken = () => Promise.reject(new Error("a bug"));
    const { client } = startPlanner({ preflight: broken });
    assert.equal(await failureOf(client.preflight({}, asWallet)), "Internal: internal error");
  });
});
