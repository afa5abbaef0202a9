import assert from "node:assert/strict";
import { RpcUnavailable } from "../src/core/ports/near-node.ts";
import { sign } from "../src/shell/workflow/perform/sign.ts";
import { workflow } from "./core/workflow-builder.ts";

describe("signing", () => {
  it("makes no terms by heads of before an outage: they would be partly over, or dead", async () => {
    const asked: string[] = [];
    const refuse = (what: string) => async () => {
      asked.push(what);
      throw new Error(`${what} was asked`);
    };
    const tools = {
      follower: { heads: { final: { height: 1000 } }, isCurrent: false },
      signer: { signStep: refuse("signer") },
      evidence: { reserveNonces: refuse("evidence") },
    } as unknown as Parameters<typeof sign>[0];
    const account = { accountId: "a" } as Parameters<typeof sign>[2];
    const signing = { grants: {}, append: refuse("append"), signal: new AbortController().signal };
    const signed = sign(tools, workflow(["intents"], []), account, signing as unknown as Parameters<typeof sign>[3]);
    await assert.rejects(signed, RpcUnavailable);
    assert.deepEqual(asked, []);
  });
});
