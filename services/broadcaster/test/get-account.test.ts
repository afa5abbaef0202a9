import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { GetAccountRequestSchema } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import type { AccountKey } from "../src/core/ports/near-node.ts";
import { getAccount } from "../src/rpc/get-account.ts";

describe("an account as the verifier and NEAR have it", () => {
  const request = create(GetAccountRequestSchema, { accountId: "nina.near", publicKey: "ed25519:k", tokenIds: ["t"] });

  /** An account with these keys, on a chain whose final block moves on with each question for it. */
  function readWith(keys: readonly AccountKey[] | undefined) {
    let height = 100;
    const readAt: unknown[] = [];
    const node = {
      async block() {
        height += 1;
        return { height, hash: `b${height}` };
      },
      async accessKeysAt(_accountId: string, block: unknown) {
        readAt.push(block);
        return keys;
      },
      async view(_contractId: string, method: string, _args: unknown, block: unknown) {
        readAt.push(block);
        return { value: method === "public_keys_of" ? ["ed25519:k"] : true, height };
      },
    } as unknown as Parameters<typeof getAccount>[0]["node"];
    return { readAt, account: getAccount({ node, verifierId: "intents.near" }, request) };
  }

  it("is read at one final block, keys and views alike", async () => {
    const { readAt, account } = readWith([{ publicKey: "ed25519:k", permission: { kind: "full_access" } }]);
    const { exists, nearKeys, blockHeight } = await account;
    assert.deepEqual([exists, nearKeys, blockHeight], [true, [{ publicKey: "ed25519:k", fullAccess: true }], 101n]);
    assert.equal(readAt.length, 6);
    for (const block of readAt) assert.deepEqual(block, { height: 101, hash: "b101" });
  });

  it("exists without any key, and does not where NEAR knows no account", async () => {
    assert.equal((await readWith([]).account).exists, true);
    assert.equal((await readWith(undefined).account).exists, false);
  });
});
