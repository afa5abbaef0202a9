import assert from "node:assert/strict";
import { systemPorts } from "@outlayer/kit";
import { RpcUnavailable } from "../src/core/ports/near-node.ts";
import { KeystoreUnavailable } from "../src/core/ports/signer.ts";
import { KeyUnusable } from "../src/shell/chain/signing-key.ts";
import { AdmissionLine } from "../src/shell/gate/admission-line.ts";
import { Grants } from "../src/shell/policy/check-policy.ts";
import { enter } from "../src/shell/workflow/enter.ts";
import { allowed, taken, workflow } from "./core/workflow-builder.ts";

const outages: readonly (readonly [name: string, error: Error])[] = [
  ["the wallet's keystore", new KeystoreUnavailable("it is away")],
  ["NEAR's RPC", new RpcUnavailable("it is away")],
  ["a usable key", new KeyUnusable("relayer.near", "ed25519:1")],
];

describe("a workflow that waits to be admitted (rule: blocked-workflow-waits-so-long)", () => {
  it("lets those behind it try, whatever outage it waits for", async () => {
    for (const [name, error] of outages) {
      const line = new AdmissionLine();
      const state = workflow(["intents"], [taken, allowed]);
      line.triedInVain(state.requestId, "balance_low");
      line.triedInVain("behind", "balance_low");
      const withdrawn: string[] = [];
      const left: string[] = [];
      const needs = {
        conductor: { withdraw: (id: string) => withdrawn.push(id) },
        line,
        intake: {
          has: () => false,
          enter: () => {
            throw error;
          },
          release: () => {},
          leave: (id: string) => left.push(id),
          isWaiting: () => false,
        },
        follower: { heads: undefined, blockMs: 600 },
        config: { queueTimeoutMs: 600_000 },
        ports: { clock: { now: () => 0 }, timers: systemPorts().timers },
      } as unknown as Parameters<typeof enter>[0];
      const appended: unknown[] = [];
      const log = {
        state,
        append: async ({ value }: { readonly value: object }) => void appended.push(value),
        changeOf: async () => {},
        // Of the pauses: there are none.
        stopping: AbortSignal.abort(),
      } as unknown as Parameters<typeof enter>[2];
      await enter(needs, "seek_admission", log, new Grants());
      assert.equal(line.waitsFor("behind"), undefined, name);
      assert.deepEqual([withdrawn, left], [[state.requestId], [state.requestId]]);
      assert.equal(appended.length, 1);
    }
  });
});
