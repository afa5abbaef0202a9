import assert from "node:assert/strict";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { next } from "../../src/core/workflow/next.ts";
import { type Kind, pending, transaction, workflow, world } from "./workflow-builder.ts";

const three: readonly Kind[] = ["intents", "intents", "intents"];
const chain = (ids: readonly string[]): EventInit => ({
  case: "resumePrepared",
  value: { transaction: transaction("resume"), mode: "chain", intentIds: [...ids], feeYocto: "30" },
});

describe("finding out what became of a transaction", () => {
  for (const kinds of [three, three.slice(0, 1)]) {
    it(`looks for it between any two sends of the resume of ${kinds.length}, and goes on with both`, () => {
      const ids = kinds.map((_, index) => String(40 + index));
      const state = workflow(kinds, [...pending(kinds), chain(ids)]);
      const lookedAt = new Map<string, number>();
      const provenAt = new Map<string, number>();
      const sentAt = new Map([["resume", { first: 1005, last: 1005 }]]);
      const resumes = new Map<string, undefined>();
      const done: string[] = [];
      for (let head = 1005; head < 1060; head += 1) {
        for (let isOver = false; !isOver; ) {
          const action = next(state, world({ head, view: { lookedAt, provenAt, sentAt, resumes } }));
          switch (action.kind) {
            case "look":
              lookedAt.set("resume", head);
              resumes.set("resume", undefined);
              break;
            case "resend":
              sentAt.set("resume", { first: 1005, last: head });
              break;
            case "prove_dead":
              provenAt.set("resume", head);
              break;
            default:
              assert.equal(action.kind, "wait");
          }
          isOver = action.kind === "wait";
          if (action.kind === "look" || action.kind === "resend") done.push(action.kind);
        }
      }
      assert.ok(done.filter((kind) => kind === "resend").length >= 5, done.join());
      const unlooked = done.filter((kind, index) => kind === "resend" && done[index - 1] === "resend");
      assert.deepEqual(unlooked, [], done.join());
    });
  }
});
