import assert from "node:assert/strict";
import { decodeBase64, readVerifierNonce } from "@outlayer/near";
import { RpcUnavailable } from "../src/core/ports/near-node.ts";
import type { EventInit } from "../src/core/workflow/action.ts";
import { Grants } from "../src/shell/policy/check-policy.ts";
import { abandonTerms, sign } from "../src/shell/workflow/perform/sign.ts";
import { signing as signingOf, workflow } from "./core/workflow-builder.ts";

describe("signing", () => {
  it("counts a payload's deadline by the chain's time, whatever the host's clock says (rule: time-is-the-chains)", async () => {
    for (const hostAheadMs of [-400_000, 0, 400_000]) {
      let steps: readonly { deadlineMs: bigint; maxBlockHeight: bigint; nonce: string }[] = [];
      const tools = {
        follower: { heads: { final: { height: 1000 } }, timeMs: 9_000_000, isCurrent: true },
        evidence: { reserveNonces: async () => [7n] },
        salts: { current: async () => new Uint8Array(4) },
        ports: {
          clock: { now: () => 9_000_000 + hostAheadMs },
          random: { bytes: (count: number) => new Uint8Array(count) },
        },
        config: { delegateValidityBlocks: 180, intentsDeadlineMs: 300_000 },
      } as unknown as Parameters<typeof sign>[0];
      const grants = {
        areOld: () => false,
        async termsOf(_height: number, choose: () => Promise<typeof steps>) {
          steps = await choose();
          throw new Error("chosen");
        },
      };
      const account = { accountId: "a" } as Parameters<typeof sign>[2];
      const signing = { grants, append: async () => {}, signal: new AbortController().signal };
      const signed = sign(tools, workflow(["intents"], []), account, signing as unknown as Parameters<typeof sign>[3]);
      await assert.rejects(signed, /chosen/);
      assert.deepEqual(
        steps.map(({ deadlineMs, maxBlockHeight }) => [deadlineMs, maxBlockHeight]),
        [[9_300_000n, 1180n]],
      );
      // For seven days the verifier keeps whether the nonce was used (rule: unused-nonce-counts-while-kept).
      const nonce = readVerifierNonce(decodeBase64(steps[0]?.nonce ?? ""));
      assert.equal(nonce?.deadlineNs, (9_300_000n + 7n * 86_400_000n) * 1_000_000n);
    }
  });

  it("makes no terms by heads of before an outage: they would be partly over, or dead", async () => {
    const asked: string[] = [];
    const refuse = (what: string) => async () => {
      asked.push(what);
      throw new Error(`${what} was asked`);
    };
    const tools = {
      follower: { heads: { final: { height: 1000 } }, timeMs: 9_000_000, isCurrent: false },
      signer: { signStep: refuse("signer") },
      evidence: { reserveNonces: refuse("evidence") },
    } as unknown as Parameters<typeof sign>[0];
    const account = { accountId: "a" } as Parameters<typeof sign>[2];
    const signing = { grants: {}, append: refuse("append"), signal: new AbortController().signal };
    const signed = sign(tools, workflow(["intents"], []), account, signing as unknown as Parameters<typeof sign>[3]);
    await assert.rejects(signed, RpcUnavailable);
    assert.deepEqual(asked, []);
  });

  it("writes down terms that it gives up once, also where the log held them and the answer was lost", async () => {
    const prepared = signingOf(["intents"]);
    const terms = prepared.case === "signingPrepared" ? prepared.value.steps : [];
    for (const [log, expected] of [
      [[], ["signingPrepared", "signaturesDiscarded"]],
      [[prepared], ["signaturesDiscarded"]],
    ] as const) {
      const grants = new Grants();
      await grants.termsOf(100, async () => terms as Awaited<ReturnType<typeof grants.termsOf>>);
      grants.noteCounting();
      const appended: EventInit[] = [];
      await abandonTerms(grants, workflow(["intents"], [...log]), async (event) => {
        appended.push(event);
      });
      assert.deepEqual(
        appended.map((event) => event.case),
        expected,
      );
    }
  });
});
