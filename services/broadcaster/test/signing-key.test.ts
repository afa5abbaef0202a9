import assert from "node:assert/strict";
import { createLogger } from "@outlayer/kit";
import { keyPairFromSeed } from "@outlayer/near";
import { type NearNode, RpcUnavailable } from "../src/core/ports/near-node.ts";
import { KeyUnusable, SigningKey } from "../src/shell/chain/signing-key.ts";

const block = { hash: "11111111111111111111111111111111", height: 98 };
const call = { receiverId: "gate.near", methodName: "submit_intent", args: {}, gas: 1n, deposit: 0n };

describe("a signing key", () => {
  let head: number;
  let onChain: bigint;
  let looks: number;
  /** Blocks that the node knows above the head known here. */
  let nodeAhead: number;
  let isThere: boolean;
  let fails: boolean;
  let key: SigningKey;
  beforeEach(() => {
    head = 100;
    onChain = 7n;
    looks = 0;
    nodeAhead = 0;
    isThere = true;
    fails = false;
    const accessKey = async () => {
      looks += 1;
      if (fails) throw new RpcUnavailable("away");
      if (!isThere) return undefined;
      return { nonce: onChain, permission: { kind: "full_access" }, height: head + nodeAhead - 2 };
    };
    key = new SigningKey("relayer.near", keyPairFromSeed(new Uint8Array(32).fill(1)), {
      node: { accessKey } as unknown as NearNode,
      follower: {
        get heads() {
          return { optimistic: { height: head }, final: { ...block, height: head - 2 } } as never;
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
    key.beginTerm({ mayUse: () => noted.promise, setAside: undefined });
    const signing = sign();
    key.noteIssued(20n);
    noted.resolve();
    assert.deepEqual(await signing, [21n, 22n]);
  });

  it("issues no nonce before it is set aside, and sets many aside at once (rule: nonces-are-set-aside)", async () => {
    const aside: bigint[] = [];
    let refuses = true;
    const setAside = async (_publicKey: string, nonce: bigint) => {
      if (refuses) throw new Error("evidence is away");
      aside.push(nonce);
    };
    key.beginTerm({ mayUse: async () => {}, setAside });
    await assert.rejects(sign(), /evidence is away/);
    refuses = false;
    const issued = [];
    for (let pair = 0; pair < 20; pair++) issued.push(...(await sign()));
    assert.deepEqual(
      issued,
      Array.from({ length: 40 }, (_, index) => 8n + BigInt(index)),
    );
    assert.deepEqual(aside, [41n, 75n]);
  });

  it("goes on above what an earlier term has set aside, whatever an old block says", async () => {
    key.beginTerm({ mayUse: async () => {}, setAside: async () => {} });
    key.noteIssued(41n);
    onChain = 3n;
    assert.deepEqual(await sign(), [42n, 43n]);
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

  it("signs with a look that was begun ahead, unless a later block has become final since", async () => {
    key.lookAhead(98);
    assert.deepEqual(await sign(), [8n, 9n]);
    assert.equal(looks, 1);
    // The node has the next block already.
    nodeAhead = 1;
    key.lookAhead(99);
    head += 1;
    nodeAhead = 0;
    await sign();
    assert.equal(looks, 2);
    // The node does not have it yet.
    key.lookAhead(100);
    await new Promise(setImmediate);
    head += 1;
    await sign();
    assert.equal(looks, 4);
  });

  it("looks ahead only where the block has not been looked at", async () => {
    await sign();
    key.lookAhead(98);
    await sign();
    assert.equal(looks, 1);
  });

  it("looks again after a look ahead that failed, or found no key", async () => {
    fails = true;
    key.lookAhead(98);
    await assert.rejects(sign(), RpcUnavailable);
    fails = false;
    isThere = false;
    key.lookAhead(98);
    await assert.rejects(sign(), KeyUnusable);
    isThere = true;
    assert.deepEqual(await sign(), [8n, 9n]);
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
