import assert from "node:assert/strict";
import { encodeBase64, verifierNonce } from "@outlayer/near";
import { ViewFailed } from "../src/core/ports/near-node.ts";
import { readNonces } from "../src/shell/workflow/perform/read-nonces.ts";
import { Sightings } from "../src/shell/workflow/sightings.ts";
import { allowed, deadlineMs, type Kind, workflow } from "./core/workflow-builder.ts";

const one: readonly Kind[] = ["intents"];
const expiresMs = deadlineMs + 1_000_000;
const nonce = encodeBase64(verifierNonce(Uint8Array.of(1, 2, 3, 4), expiresMs, new Uint8Array(15)));
const legacy = encodeBase64(new Uint8Array(32).fill(7));

interface Case {
  readonly used?: boolean;
  readonly nonce?: string;
  /** Of the final block. */
  readonly finalMs?: number;
  /** Of the newest block seen when the answer has come. */
  readonly headMs?: number;
  readonly salt?: () => { readonly value: unknown; readonly height: number };
}

/** Reads a payload's nonce, of which the verifier says this. @returns undefined where nothing could be concluded */
async function readOf(verifier: Case, seen = new Sightings()) {
  const { used = false, nonce: read = nonce, headMs = expiresMs, finalMs = deadlineMs + 1, salt } = verifier;
  const asked: unknown[] = [];
  const tools = {
    node: {
      async view(_contract: string, method: string, args: unknown) {
        if (method === "is_nonce_used") return { value: used, height: 1000 };
        asked.push(args);
        return (salt ?? (() => ({ value: true, height: 1000 })))();
      },
    },
    follower: {
      timeMs: headMs,
      heads: { final: { height: 1000, timeMs: finalMs }, optimistic: { height: 1002, timeMs: headMs } },
    },
    config: { verifierId: "intents.near" },
  } as unknown as Parameters<typeof readNonces>[0];
  const terms = { nonce: read, deadlineMs: BigInt(deadlineMs), delegateNonce: 1n, maxBlockHeight: 1180n };
  const state = workflow(one, [allowed, { case: "signingPrepared", value: { steps: [terms] as never } }]);
  const isRead = await readNonces(tools, state, [0], seen);
  return { use: isRead ? seen.nonceUse.get(0)?.[0] : undefined, asked };
}

describe("a payload nonce that reads as unused (rule: unused-nonce-counts-while-kept)", () => {
  const mayBeForgotten = async (one: Case) => (await readOf(one)).use?.mayBeForgotten;

  it("counts until the nonce has expired, while its salt is valid", async () => {
    const { use, asked } = await readOf({});
    assert.deepEqual(use, { used: false, timeMs: deadlineMs + 1, height: 1000, mayBeForgotten: false });
    assert.deepEqual(asked, [{ salt: "01020304" }]);
  });

  it("is read alone until the payload's deadline: before that it decides nothing", async () => {
    const { use, asked } = await readOf({ finalMs: deadlineMs });
    assert.deepEqual([use?.used, asked], [false, []]);
  });

  it("does not count once the nonce has expired, or its salt is invalid", async () => {
    assert.equal(await mayBeForgotten({ headMs: expiresMs + 1 }), true);
    assert.equal(await mayBeForgotten({ salt: () => ({ value: false, height: 1000 }) }), true);
  });

  it("counts for good where it is a legacy one, and where the verifier knows no salts", async () => {
    assert.equal(await mayBeForgotten({ nonce: legacy, headMs: expiresMs + 1 }), false);
    const missing = () => {
      throw new ViewFailed("intents.near", "is_valid_salt", "MethodResolveError(MethodNotFound)");
    };
    assert.equal(await mayBeForgotten({ salt: missing }), false);
  });

  it("says nothing where the node that tells of the salt lags behind", async () => {
    assert.equal((await readOf({ salt: () => ({ value: true, height: 999 }) })).use, undefined);
  });

  it("is used for good where it reads as used, however late", async () => {
    assert.equal((await readOf({ used: true, headMs: expiresMs + 1 })).use?.used, true);
    assert.equal(await mayBeForgotten({ used: true, headMs: expiresMs + 1 }), false);
  });

  it("is used for good once it was read as used, even if the verifier has forgotten it since", async () => {
    const seen = new Sightings();
    await readOf({ used: true, finalMs: deadlineMs - 1 }, seen);
    const { use } = await readOf({ used: false, headMs: expiresMs + 1 }, seen);
    assert.deepEqual(use, { used: true, timeMs: deadlineMs + 1, height: 1000, mayBeForgotten: false });
  });
});
