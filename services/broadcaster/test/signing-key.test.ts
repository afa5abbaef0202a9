import assert from "node:assert/strict";
import { createLogger } from "@outlayer/kit";
import { keyPairFromSeed } from "@outlayer/near";
import type { NearNode } from "../src/core/ports/near-node.ts";
import { KeyUnusable, SigningKey } from "../src/shell/chain/signing-key.ts";

const block = { hash: "11111111111111111111111111111111", height: 98 };
const call = { receiverId: "gate.near", methodName: "submit_intent", args: {}, gas: 1n, deposit: 0n };

describe("a signing key", () => {
  let head: number;
  let onChain: bigint;
  let looks: number;
  let key: SigningKey;
  beforeEach(() => {
    head = 100;
    onChain = 7n;
    looks = 0;
    const accessKey = async () => {
      looks += 1;
      return { nonce: onChain, permission: { kind: "full_access" }, height: head - 2 };
    };
    key = new SigningKey("relayer.near", keyPairFromSeed(new Uint8Array(32).fill(1)), {
      node: { accessKey } as unknown as NearNode,
      follower: {
        get heads() {
          return { optimistic: { height: head }, final: block } as never;
        },
      },
      logger: createLogger("broadcaster", "silent", { write: () => {} }),
    });
  });
  const sign = () => key.use([call, call], block, async (transactions) => transactions.map(({ nonce }) => nonce));

  it("gives nonces one after the other, from the chain's on or the last one issued", async () => {
    assert.deepEqual(await Promise.all([sign(), sign()]), [
      [8n, 9n],
      [10n, 11n],
    ]);
    key.noteIssued(20n);
    assert.deepEqual(await sign(), [21n, 22n]);
  });

  it("signs nothing in a term before that has noted what was issued earlier", async () => {
    const noted = Promise.withResolvers<void>();
    key.beginTerm(() => noted.promise);
    const signing = sign();
    key.noteIssued(20n);
    noted.resolve();
    assert.deepEqual(await signing, [21n, 22n]);
  });

  it("looks at the key before it signs, once a head, and whatever was seen a head ago", async () => {
    await key.look();
    await sign();
    assert.equal(looks, 1);
    head += 1;
    await sign();
    assert.equal(looks, 2);
    head += 39;
    await key.look();
    assert.equal(looks, 2);
    head += 1;
    await key.look();
    assert.equal(looks, 3);
  });

  it("signs nothing from the head on in which somebody else has used the key", async () => {
    await sign();
    head += 201;
    await sign();
    onChain = 12n;
    await key.look();
    head += 1;
    await assert.rejects(sign(), KeyUnusable);
    assert.equal(key.isUnusable, true);
    assert.equal(await key.look(), undefined);
  });
});
