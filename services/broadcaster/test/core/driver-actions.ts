import assert from "node:assert/strict";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { next } from "../../src/core/workflow/next.ts";
import { type Kind, type WorldInit, workflow, world } from "./workflow-builder.ts";

export const one: readonly Kind[] = ["intents"];
export const three: readonly Kind[] = ["intents", "intents", "intents"];
export const plain: readonly Kind[] = ["plain"];

export const act = (kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}) =>
  next(workflow(kinds, events), world(init));

/** The event that is to be appended next. */
export function appended(kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}): EventInit {
  const action = act(kinds, events, init);
  assert.equal(action.kind, "append", `expected an append, not ${action.kind}`);
  return action.kind === "append" ? action.event : { case: "taken", value: {} };
}

export const lookedAt = (...hashes: readonly string[]) => new Map(hashes.map((hash) => [hash, 1005]));

export const sentAt = (head: number, ...hashes: readonly string[]) =>
  new Map(hashes.map((hash) => [hash, { first: head, last: head }]));
