import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { UseChallengeRequestSchema } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import { Code, Refusal } from "@outlayer/kit";
import { type SessionDeps, useChallenge } from "../src/rpc/sessions.ts";
import { sqlitePlace } from "./support/places.ts";

const nowMs = 1_700_000_000_000;
const request = create(UseChallengeRequestSchema, {
  nonce: new Uint8Array(32).fill(1),
  sessionId: "0198c0de-0000-7000-8000-000000000001",
  expiresAtMs: BigInt(nowMs + 300_000),
  nearAccountId: "alice.near",
});
const another = { ...request, sessionId: "0198c0de-0000-7000-8000-000000000002" };

describe("using a challenge up", () => {
  const place = sqlitePlace();
  after(() => place.drop());

  it("leaves it to be used again where the account could not be noted", async () => {
    const [store] = place.openStores();
    assert(store);
    let isAway = true;
    const sessions: SessionDeps = {
      revocations: { note: () => assert.fail() },
      now: () => nowMs,
      store: {
        setMark: (mark, atMs) => store.setMark(mark, atMs),
        hasMark: (name) => store.hasMark(name),
        listSignedIn: (sinceMs, limit) => store.listSignedIn(sinceMs, limit),
        async noteSignIn(accountId, atMs) {
          if (isAway) throw new Error("the database is away");
          await store.noteSignIn(accountId, atMs);
        },
      },
    };
    await assert.rejects(useChallenge(sessions, request), { message: "the database is away" });
    isAway = false;
    assert.deepEqual(await useChallenge(sessions, another), {});
    assert.deepEqual(await store.listSignedIn(0, 10), ["alice.near"]);
    const isUsed = (error: unknown) => error instanceof Refusal && error.code === Code.AlreadyExists;
    await assert.rejects(useChallenge(sessions, request), isUsed);
    await store.close();
  });
});
