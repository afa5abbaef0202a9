import assert from "node:assert/strict";
import { policyChecks } from "../src/core/policy-checks.ts";
import { noUsage } from "../src/core/policy-usage.ts";
import { judge, type PolicyAnswer } from "../src/core/verdict.ts";
import { plainCall, terms } from "./support/samples.ts";

const yes: PolicyAnswer = { allowed: true, frozen: false, requiresApproval: false };

/** One step per answer. */
async function verdictOf(answers: readonly PolicyAnswer[], approvals = 0) {
  const found = policyChecks(
    answers.map((_, step) => plainCall({ methodName: `step_${step}` })),
    terms,
    noUsage,
  );
  assert.equal(found.kind, "checks");
  const asked: string[] = [];
  const verdict = await judge(found.checks, approvals, async ({ method_name }) => {
    asked.push(method_name);
    return answers[Number(method_name.slice("step_".length))] ?? yes;
  });
  return { verdict, asked: asked.length };
}

describe("the verdict over all checks", () => {
  it("allows when every check is allowed", async () => {
    assert.deepEqual(await verdictOf(Array(12).fill(yes)), { verdict: { kind: "allowed" }, asked: 12 });
  });

  const rows: readonly [string, readonly PolicyAnswer[], object][] = [
    [
      "takes the first denial",
      [yes, { ...yes, allowed: false, reason: "one" }, { ...yes, allowed: false, reason: "two" }],
      { kind: "denied", step: 1, reason: "one" },
    ],
    [
      "denies a frozen wallet, whatever else is said",
      [{ ...yes, frozen: true, reason: "Wallet is frozen by controller" }],
      { kind: "denied", step: 0, reason: "Wallet is frozen by controller" },
    ],
    [
      "has words of its own for a freeze without any",
      [{ ...yes, frozen: true }],
      { kind: "denied", step: 0, reason: "Wallet is frozen" },
    ],
    [
      "has words of its own for a denial without any",
      [{ ...yes, allowed: false }],
      { kind: "denied", step: 0, reason: "not allowed by policy" },
    ],
    [
      "does not take allowed with requires_approval for permission",
      [yes, { ...yes, requiresApproval: true, requiredApprovals: 3 }],
      { kind: "approval_required", step: 1, requiredApprovals: 3 },
    ],
    [
      "takes the keystore's default where no count is given",
      [{ ...yes, requiresApproval: true }],
      { kind: "approval_required", step: 0, requiredApprovals: 2 },
    ],
    [
      "names the step that wants most approvals",
      [2, 3, 3, 1].map((requiredApprovals) => ({ ...yes, requiresApproval: true, requiredApprovals })),
      { kind: "approval_required", step: 1, requiredApprovals: 3 },
    ],
    [
      "lets a later denial win over an earlier wish for approval",
      [{ ...yes, requiresApproval: true }, ...Array(8).fill(yes), { ...yes, allowed: false, reason: "no" }],
      { kind: "denied", step: 9, reason: "no" },
    ],
  ];
  for (const [name, answers, expected] of rows) {
    it(name, async () => assert.deepEqual((await verdictOf(answers)).verdict, expected));
  }

  it("lets approvals lift the wish for as many or fewer, and no denial", async () => {
    const wishes = [1, 3].map((requiredApprovals) => ({ ...yes, requiresApproval: true, requiredApprovals }));
    const wanted = { kind: "approval_required", step: 1, requiredApprovals: 3 };
    assert.deepEqual((await verdictOf(wishes, 2)).verdict, wanted);
    assert.deepEqual((await verdictOf(wishes, 3)).verdict, { kind: "allowed" });
    const denial = [...wishes, { ...yes, allowed: false, reason: "no" }];
    assert.deepEqual((await verdictOf(denial, 3)).verdict, { kind: "denied", step: 2, reason: "no" });
    const frozen = [...wishes, { ...yes, frozen: true }];
    assert.deepEqual((await verdictOf(frozen, 3)).verdict, { kind: "denied", step: 2, reason: "Wallet is frozen" });
  });

  it("asks no further group after a denial", async () => {
    const { asked } = await verdictOf([{ ...yes, allowed: false }, ...Array(11).fill(yes)]);
    assert.equal(asked, 8);
  });

  it("fails when one question fails", async () => {
    const found = policyChecks([plainCall(), plainCall()], terms, noUsage);
    assert.equal(found.kind, "checks");
    await assert.rejects(
      judge(found.checks, 0, () => Promise.reject(new Error("away"))),
      /away/,
    );
  });
});
