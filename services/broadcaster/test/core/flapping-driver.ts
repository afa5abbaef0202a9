import { create } from "@bufbuild/protobuf";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { WaitReason } from "../../src/core/gate/place.ts";
import type { Action, EventInit } from "../../src/core/workflow/action.ts";
import { next } from "../../src/core/workflow/next.ts";
import { evolve, type Logged, type WorkflowState } from "../../src/core/workflow/state.ts";
import { waitingEvent } from "../../src/shell/log/waiting.ts";
import { allowed, type Kind, taken, type WorldInit, workflow, world } from "./workflow-builder.ts";

export const blockMs = 600;
export const beginMs = 1_000_000;

/** What the outside answers an action with: events, a reason to wait, or nothing. */
export type Answer = readonly EventInit[] | { readonly waitingFor: WaitReason; readonly position?: number } | undefined;

export interface Outside {
  readonly kinds?: readonly Kind[];
  readonly begun?: readonly EventInit[];
  /** Half of a block until which others are admitted. */
  readonly othersUntil?: number;
  /** A day where absent. */
  readonly queueTimeoutMs?: number;
  /** For how long it is driven: 2,000 where absent. */
  readonly blocks?: number;
  /** The world in a half of a block. */
  readonly sees?: (half: number) => WorldInit;
  readonly answers?: (action: Action, half: number) => Answer;
}

/** The log of a workflow that is driven twice a block, as the driver does it. */
export function driven({
  kinds = ["plain"],
  begun = [taken, allowed],
  blocks = 2_000,
  othersUntil = 0,
  queueTimeoutMs = 86_400_000,
  sees,
  answers,
}: Outside): readonly Logged[] {
  const log: Logged[] = [];
  let state: WorkflowState = workflow(kinds, begun);
  let nowMs = beginMs;
  const append = (kind: EventInit) => {
    const logged = { version: state.version + 1, atMs: nowMs, event: create(EventSchema, { kind }) };
    state = evolve(state, logged);
    log.push(logged);
  };
  for (let half = 0; half < 2 * blocks && state.ended === undefined; half += 1) {
    nowMs += blockMs / 2;
    const head = 1005 + Math.floor(half / 2);
    // After an append the driver decides again at once.
    for (let again = 0; again < 10; again += 1) {
      const { version } = state;
      const action = next(state, world({ nowMs, head, ...sees?.(half) }));
      if (action.kind === "append") append(action.event);
      else {
        const answer = answers?.(action, half);
        if (answer !== undefined && "waitingFor" in answer) {
          const wait = { position: 0, expectedStart: undefined, head, ...answer };
          const config = { queueTimeoutMs } as never;
          const event = waitingEvent(state, wait, {
            ports: { clock: { now: () => nowMs } },
            config,
            blockMs,
            admittedAtMs: Math.min(nowMs, beginMs + (othersUntil * blockMs) / 2),
          });
          if (event !== undefined) append(event);
          break;
        }
        for (const event of answer ?? []) append(event);
      }
      if (state.version === version) break;
    }
  }
  return log;
}

const reasons: readonly WaitReason[] = [
  "turn",
  "gate_busy",
  "balance_low",
  "turn",
  "gate_stuck",
  "rpc_unavailable",
  "keystore_unavailable",
];
/** Reasons for waiting that flap. */
export const reasonIn = (half: number) => reasons[half % reasons.length] ?? "turn";
