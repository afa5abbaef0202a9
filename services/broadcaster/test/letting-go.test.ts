import assert from "node:assert/strict";
import { groundOf } from "../src/core/chain/landing.ts";
import { liveAttempt } from "../src/core/direct-user/state.ts";
import { type NearNode, RpcRefused } from "../src/core/ports/near-node.ts";
import { findGround } from "../src/shell/chain/find-ground.ts";
import { DirectUserHandler, type DirectUserNeeds } from "../src/shell/direct-user/direct-user-handler.ts";
import { UserKeys } from "../src/shell/direct-user/user-keys.ts";
import { WorkflowHandler, type WorkflowNeeds } from "../src/shell/workflow/workflow-handler.ts";
import { allowed, directUserState, prepared, taken } from "./core/direct-user-builder.ts";
import {
  admitted,
  allowed as allowedOn,
  type Kind,
  pending,
  signed,
  taken as takenOn,
  transaction,
  workflow,
} from "./core/workflow-builder.ts";

const plain: readonly Kind[] = ["plain"];

describe("after an error that nobody expects (rule: unknown-error-lets-go)", () => {
  it("a user's key stays with the call that may still land, and with no other", () => {
    const userKeys = new UserKeys({ areAllRead: true });
    const handler = new DirectUserHandler("a", { userKeys } as unknown as DirectUserNeeds);
    const sent = directUserState([taken, allowed, prepared("t1")]);
    assert.ok(liveAttempt(sent));
    assert.equal(userKeys.take("ed25519:k", "a"), true);
    for (const state of [sent, undefined]) {
      handler.letGo(state);
      assert.equal(userKeys.take("ed25519:k", "b"), false);
    }
    handler.letGo(directUserState([taken, allowed]));
    assert.equal(userKeys.take("ed25519:k", "b"), true);
  });

  it("nothing is given up that may have been sent", () => {
    const call = new DirectUserHandler("a", {} as DirectUserNeeds);
    assert.equal(call.giveUp(directUserState([taken, allowed, prepared("t1")])), undefined);
    assert.equal(call.giveUp(directUserState([taken, allowed]))?.case, "ended");
    const handler = new WorkflowHandler("r", {} as WorkflowNeeds);
    assert.equal(handler.giveUp(workflow(plain, pending(plain))), undefined);
    for (const events of [[], [takenOn, allowedOn, admitted, signed(plain)]]) {
      assert.equal(handler.giveUp(workflow(plain, events))?.case, "ended");
    }
  });

  it("a provider that does not tell how long transactions are valid leaves the other grounds", async () => {
    const refused = new RpcRefused("EXPERIMENTAL_genesis_config", "METHOD_NOT_FOUND", "");
    const needs = {
      node: { recall: async () => ({ kind: "unknown" }) } as unknown as NearNode,
      follower: { learnIfKept: async () => {}, place: () => ({ height: 990, state: "final" }) },
      validity: { blocks: () => Promise.reject(refused) },
    } as unknown as Parameters<typeof findGround>[0];
    const sent = { ...transaction("t"), nonce: 5n } as Parameters<typeof findGround>[1];
    const find = (nonce: bigint) =>
      findGround(needs, sent, { finalHeight: 10_000_000, key: keyAt(nonce), unknownAt: 1 }, groundOf, {
        groundFoundAt: new Map(),
      });
    assert.equal((await find(6n))?.ground, "nonce_passed");
    assert.equal(await find(4n), undefined);
  });
});

const keyAt = (nonce: bigint) => ({ nonce, height: 10_000_000, permission: { kind: "full_access" } as const });
