import assert from "node:assert/strict";
import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, Refusal } from "@outlayer/kit";
import { planJson } from "@outlayer/workflow";
import { gateCall, transfer, walletAccount } from "../support/planning.ts";
import { asWallet, failureOf, type Others, startPlanner } from "../support/server.ts";

const body = (value: object) => ({ body: { case: "workflowJson" as const, value: JSON.stringify(value) } });

/** The plan of some steps, over RPC. */
async function planOver(steps: readonly object[], others: Others = {}) {
  const planner = startPlanner(others);
  const { plan } = await planner.client.plan(body({ steps }), asWallet);
  return { ...planner, plan, json: planJson(plan) };
}

describe("PlannerService.Plan", () => {
  it("answers the plan of a JSON text, and writes nothing", async () => {
    const { json, opened } = await planOver([transfer]);
    assert.deepEqual(json, {
      accepted: true,
      executable: true,
      steps: [
        {
          lane: "gate_proxy",
          predecessor_model: "gate",
          ordering_model: "gate_chained",
          receiver_id: "intents.near",
          method_name: "execute_intents",
          policy_type: "call",
        },
      ],
      setup_requirements: [],
      unchecked: [],
      gate_id: "gate.sequential.near",
      estimates: {
        chained: { gate_fee_yocto: "1", attached_gas: "11", expected_blocks: 8 },
        stepwise: { gate_fee_yocto: "1", attached_gas: "11", expected_blocks: 8 },
      },
    });
    assert.deepEqual(opened, []);
  });

  it("plans a workflow that halts at a failure step by step, and says what either way takes", async () => {
    const { client } = startPlanner();
    const three = { steps: [transfer, transfer, transfer] };
    const halting = { ...three, on_failure: "halt" };
    const planned = async (request: object) => planJson((await client.plan(body(request), asWallet)).plan);
    const modelsOf = (plan: Awaited<ReturnType<typeof planned>>) =>
      new Set((plan.steps as { ordering_model: string }[]).map((step) => step.ordering_model));
    const stepwise = { gate_fee_yocto: "3", attached_gas: "33", expected_blocks: 16 };
    const chained = await planned(three);
    assert.deepEqual(modelsOf(chained), new Set(["gate_chained"]));
    assert.deepEqual(chained.estimates, {
      chained: { gate_fee_yocto: "1", attached_gas: "31", expected_blocks: 14 },
      stepwise,
    });
    const halts = await planned(halting);
    assert.deepEqual(modelsOf(halts), new Set(["gate_stepwise"]));
    assert.deepEqual(halts.estimates, { chained: null, stepwise });
    const message = { steps: three.steps.map(() => ({ ...transferMessage })), onFailure: "halt" };
    const ofMessage = await client.plan({ body: { case: "workflow", value: message } }, asWallet);
    assert.deepEqual(planJson(ofMessage.plan), halts);
  });

  it("answers the same plan of a message", async () => {
    const { client } = startPlanner();
    const { kind, token, amount, receiver_id: receiverId } = transfer;
    const asMessage = {
      steps: [
        { kind, token, amount, receiverId },
        { ...gateOf(gateCall), argsJson: messageOf({ a: [1] }) },
      ],
    };
    const fromMessage = await client.plan({ body: { case: "workflow", value: asMessage } }, asWallet);
    const fromText = await client.plan(body({ steps: [transfer, { ...gateCall, args_json: { a: [1] } }] }), asWallet);
    assert.equal(fromMessage.plan?.executable, true);
    assert.deepEqual(fromMessage, fromText);
  });

  it("takes a message without steps as an empty workflow", async () => {
    const { client } = startPlanner();
    const { plan } = await client.plan({ body: { case: "workflow", value: {} } }, asWallet);
    assert.deepEqual([plan?.accepted, plan?.steps], [true, []]);
  });

  const unauthenticated: readonly (readonly [name: string, headers: Record<string, string>, message: string])[] = [
    [
      "without credentials",
      {},
      "authentication is required: X-Wallet-Id with X-Internal-Wallet-Auth, or Authorization: Bearer wk_...",
    ],
    [
      "with a wrong token",
      { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "x" },
      "wallet authentication failed",
    ],
    ["with an unknown API key", { authorization: "Bearer wk_x" }, "wallet authentication failed"],
  ];
  for (const [name, headers, message] of unauthenticated) {
    it(`refuses callers ${name}, before it reads anything`, async () => {
      const { client } = startPlanner();
      const call = client.plan({ body: { case: "workflowJson", value: "{" } }, { headers });
      assert.equal(await failureOf(call), `Unauthenticated: ${message}`);
    });
  }

  const unreadable: readonly (readonly [name: string, text: string, message: string])[] = [
    ["is no JSON", '{"steps": [}', "invalid workflow JSON: value expected at line 1 column 12"],
    ["has a mistyped field", '{"steps": [{"kind": 1}]}', "invalid workflow JSON: steps[0].kind must be a string"],
    [
      "carries a signing field",
      '{"steps": [{"kind": "x", "private_key": ""}]}',
      "wallet workflow must not include raw signing field private_key at $.steps[0]",
    ],
    ["has an integer beyond 2^53", '{"steps": [], "n": 1e30}', "invalid workflow JSON: integer beyond 2^53 at $.n"],
  ];
  for (const [name, text, message] of unreadable) {
    it(`refuses a request that ${name}`, async () => {
      const { client } = startPlanner();
      const call = client.plan({ body: { case: "workflowJson", value: text } }, asWallet);
      assert.equal(await failureOf(call), `InvalidArgument: ${message}`);
    });
  }

  it("refuses in a message what it refuses in a text (rule: json-is-unambiguous)", async () => {
    const { client } = startPlanner();
    const withArgs = (value: number) =>
      client.plan(
        { body: { case: "workflow", value: { steps: [{ ...gateOf(gateCall), argsJson: messageOf({ n: value }) }] } } },
        asWallet,
      );
    assert.equal(
      await failureOf(withArgs(2 ** 60)),
      "InvalidArgument: invalid workflow JSON: integer beyond 2^53 at $.steps[0].args_json.n",
    );
    const signing = { steps: [{ ...gateOf(gateCall), nearIntents: { signer_key: "x" } }] };
    assert.equal(
      await failureOf(client.plan({ body: { case: "workflow", value: signing } }, asWallet)),
      "InvalidArgument: wallet workflow must not include raw signing field signer_key at $.steps[0].near_intents",
    );
  });

  it("a message cannot have more values, nor deeper ones, than a text: refused with the same words", async () => {
    const { client } = startPlanner();
    const nested = (depth: number): JsonValue => (depth === 0 ? 0 : [nested(depth - 1)]);
    const zeros = (count: number): JsonValue => Array.from({ length: count }, () => 0);
    for (const [args, message] of [
      [zeros(4993), "succeeded"],
      [zeros(4994), "more than 5000 values at $.steps[0].args_json[4993]"],
      [nested(21), "succeeded"],
      [nested(22), `nested deeper than 24 levels at $.steps[0].args_json${"[0]".repeat(21)}`],
    ] as const) {
      const said = message === "succeeded" ? message : `InvalidArgument: invalid workflow JSON: ${message}`;
      const { receiver_id, method_name } = gateCall;
      const step = { receiver_id, method_name, route: "gate_proxy", args_json: args };
      assert.equal(await failureOf(client.plan(body({ steps: [step] }), asWallet)), said);
      const value = {
        steps: [
          {
            receiverId: receiver_id,
            methodName: method_name,
            route: "gate_proxy",
            argsJson: fromJson(ValueSchema, args),
          },
        ],
      };
      assert.equal(await failureOf(client.plan({ body: { case: "workflow", value } }, asWallet)), said);
    }
    const intents = Array.from({ length: 5_000 }, () => ({}));
    assert.equal(
      await failureOf(client.plan({ body: { case: "workflow", value: { steps: [{ intents }] } } }, asWallet)),
      "InvalidArgument: invalid workflow JSON: more than 5000 values at $.steps[0].intents[4996]",
    );
  });

  it("refuses in a message what JSON cannot say", async () => {
    const { client } = startPlanner();
    for (const argsJson of [
      create(ValueSchema),
      create(ValueSchema, { kind: { case: "numberValue", value: Number.NaN } }),
    ]) {
      const value = { steps: [{ ...gateOf(gateCall), argsJson }] };
      assert.equal(
        await failureOf(client.plan({ body: { case: "workflow", value } }, asWallet)),
        "InvalidArgument: invalid workflow JSON: a value cannot be written as JSON",
      );
    }
  });

  it("refuses a request without a body", async () => {
    const { client } = startPlanner();
    assert.match(await failureOf(client.plan({}, asWallet)), /^InvalidArgument: /);
  });

  it("refuses more than 256 KiB, counted in bytes", async () => {
    const { client } = startPlanner();
    const sized = (bytes: number) => JSON.stringify({ steps: [], note: "é".repeat((bytes - 22) / 2) });
    assert.equal(Buffer.byteLength(sized(262144)), 262144);
    const planned = (text: string) => failureOf(client.plan({ body: { case: "workflowJson", value: text } }, asWallet));
    assert.equal(await planned(sized(262144)), "succeeded");
    assert.equal(await planned(sized(262146)), "ResourceExhausted: the body must be at most 262144 bytes");
  });
});

describe("the facts of a plan", () => {
  it("are asked for the wallet and the gate, each only where it bears on the plan", async () => {
    assert.deepEqual((await planOver([transfer])).asked, ["account of wallet-1", "facts of gate.sequential.near"]);
    assert.deepEqual((await planOver([gateCall])).asked, ["facts of gate.sequential.near"]);
    assert.deepEqual((await planOver([{ kind: "funding.wrap_near" }])).asked, []);
  });

  it("are asked once by the plans that share them: an account for good, the gate's terms for a second", async () => {
    let nowMs = Date.now();
    const { client, asked } = startPlanner({ clock: { now: () => nowMs } });
    const planFor = async (walletId: string) => {
      const { headers } = asWallet;
      asked.length = 0;
      const { plan } = await client.plan(body({ steps: [transfer] }), {
        headers: { ...headers, "x-wallet-id": walletId },
      });
      assert.deepEqual(plan?.unchecked, []);
      return asked;
    };
    const gate = "facts of gate.sequential.near";
    assert.deepEqual(await planFor("wallet-1"), ["account of wallet-1", gate]);
    assert.deepEqual(await planFor("wallet-1"), []);
    assert.deepEqual(await planFor("wallet-2"), ["account of wallet-2"]);
    nowMs += 999;
    assert.deepEqual(await planFor("wallet-1"), []);
    nowMs += 1;
    assert.deepEqual(await planFor("wallet-1"), [gate]);
  });

  it("are asked for again where they could not be fetched", async () => {
    let isAway = true;
    const away = async <T>(fact: T) => {
      if (isAway) throw new Refusal(Code.Unavailable, "away");
      return fact;
    };
    const { client } = startPlanner({
      getAccount: () => away({ accountId: walletAccount, publicKey: "ed25519:x" }),
      getGateFacts: () => away({ feeTiers: [{ cap: 3, feeYocto: "1", resumeGas: "1" }], submitGas: "10" }),
    });
    const unchecked = async () => (await client.plan(body({ steps: [transfer] }), asWallet)).plan?.unchecked;
    assert.deepEqual(await unchecked(), ["wallet_account", "gate_fee_tiers"]);
    isAway = false;
    assert.deepEqual(await unchecked(), []);
  });

  it("are not asked for where a step is rejected, or could not be executed anyway", async () => {
    assert.deepEqual((await planOver([transfer, { kind: "nonsense" }])).asked, []);
    assert.deepEqual((await planOver([transfer, { ...gateCall, gas: "0" }])).asked, []);
    assert.deepEqual((await planOver([transfer, { ...transfer, amount: "0" }])).asked, []);
  });

  it("decide what hangs on them", async () => {
    const { json } = await planOver([{ ...transfer, receiver_id: walletAccount }]);
    assert.deepEqual(json.setup_requirements, [
      { step: 0, requirement: "steps[0].receiver_id must not be the wallet's own account", route: null },
    ]);
    const getGateFacts = async () => ({ feeTiers: [{ cap: 1, feeYocto: "1" }] });
    assert.equal((await planOver([transfer, transfer], { getGateFacts })).plan?.accepted, false);
  });

  const away: readonly (readonly [name: string, error: Error, level: string])[] = [
    ["is away", new Refusal(Code.Unavailable, "x"), "info"],
    ["is slow itself", new Refusal(Code.DeadlineExceeded, "x"), "info"],
    ["refuses", new Refusal(Code.FailedPrecondition, "keystore said no"), "error"],
    ["breaks", new Error("bug"), "error"],
  ];
  for (const [name, error, level] of away) {
    it(`are unchecked where the service that has them ${name}, and that is logged as ${level}`, async () => {
      const fail = () => Promise.reject(error);
      const { json, lines } = await planOver([transfer], { getAccount: fail, getGateFacts: fail });
      assert.equal(json.executable, true);
      assert.deepEqual(json.unchecked, ["wallet_account", "gate_fee_tiers"]);
      const logged = lines.filter((line) => line.fact !== undefined);
      assert.deepEqual(logged.map((line) => [line.fact, line.level]).sort(), [
        ["gate_fee_tiers", level],
        ["wallet_account", level],
      ]);
    });
  }

  it("are unchecked where the answer is empty", async () => {
    const { json } = await planOver([transfer], {
      getAccount: async () => ({ accountId: "", publicKey: "" }),
      getGateFacts: async () => ({ feeTiers: [] }),
    });
    assert.deepEqual(json.unchecked, ["wallet_account", "gate_fee_tiers"]);
  });

  it("are waited for 2 seconds and no longer, the others kept", async () => {
    const waits: number[] = [];
    const timers = {
      after(ms: number, run: () => void) {
        waits.push(ms);
        queueMicrotask(run);
        return () => {};
      },
    };
    const never = () => new Promise<never>(() => {});
    const { json, lines } = await planOver([transfer], { getAccount: never, getGateFacts: never, timers });
    assert.deepEqual(waits, [2000]);
    assert.deepEqual(json.unchecked, ["wallet_account", "gate_fee_tiers"]);
    assert.deepEqual(
      lines.filter((line) => line.level === "error"),
      [],
    );
  });
});

function gateOf({ receiver_id: receiverId, method_name: methodName, route }: typeof gateCall) {
  return { receiverId, methodName, route };
}

const messageOf = (value: JsonValue) => fromJson(ValueSchema, value);

const transferMessage = {
  kind: transfer.kind,
  token: transfer.token,
  amount: transfer.amount,
  receiverId: transfer.receiver_id,
};
