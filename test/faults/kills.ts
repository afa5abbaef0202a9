import type { Boundary } from "./boundaries.ts";
import type { Play } from "./plays.ts";
import type { Moment } from "./toll.ts";
import type { Trap } from "./traps.ts";
import { aged, cancelledAndOutlived, foreignChain, forgotten, fork, keyUsed, relayerBarred } from "./troubles/chain.ts";
import { keystoreNotReady } from "./troubles/keystore.ts";
import { forgetful, silenced } from "./troubles/rpc.ts";
import {
  abandoned,
  chained,
  forgottenCall,
  forgottenUserCall,
  refused,
  resigned,
  userCall,
  withdrawn,
} from "./workflows.ts";

/** In the middle of a workflow, with something on its way to the chain. */
export const inTheMiddle: Trap = { call: "append submissionsPrepared", occurrence: 1, moment: "done" };

const signedUnsent: Trap = { call: "append signed", occurrence: 1, moment: "done" };

const resumed = "append resumePrepared";

/** A user's call that was written down and not sent, and can land no more when the next one sends it. */
export const overtaken: Play = {
  shapes: [userCall],
  traps: [{ call: "append directUserCallPrepared", occurrence: 1, moment: "done" }],
  troubles: [keyUsed("submitting")],
};

/**
 * Writes right before they are made and right after, when nobody knows of them yet; of what was sent, the answers as well. The
 * least that says whether every boundary is safe: to die with the answer to a write is to die before the next one.
 */
export function briefKills(boundaries: readonly Boundary[]): readonly Play[] {
  const answers = boundaries.filter(({ call }) => call.startsWith("status of"));
  return [...boundaries.flatMap(beforeAndDone), ...answers.map((one) => kill(one, trapAt(one, "after")))];
}

function beforeAndDone(boundary: Boundary): Play[] {
  if (boundary.isRead) return [];
  const both = [trapAt(boundary, "before"), trapAt(boundary, "done")] as const;
  // What came before the second of its kind is not done again: the next process comes by that one first.
  return boundary.occurrence === 1 ? [kill(boundary, ...both)] : both.map((one) => kill(boundary, one));
}

/** The same where it takes more than a kill to come by a write. */
export const rareKills: readonly Play[] = [
  { shapes: [chained], traps: beforeAndAfter("waiting"), troubles: [keystoreNotReady(5_000)] },
  {
    shapes: [chained],
    traps: beforeAndAfter("idsWithdrawn"),
    troubles: [fork("submitted", { transactions: "return", winner: "new" })],
  },
  {
    shapes: [chained],
    traps: beforeAndAfter("transactionDead"),
    troubles: [fork("resuming", { transactions: "drop", winner: "new" })],
  },
  {
    shapes: [withdrawn],
    // Signed and not sent: the next one finds it cancelled, and waits until that is dead.
    traps: [signedUnsent, ...beforeAndAfter("settling")],
    troubles: [cancelledAndOutlived("submitting")],
  },
  {
    shapes: [resigned],
    traps: [signedUnsent, ...beforeAndAfter("signaturesDiscarded")],
    troubles: [aged("submitting")],
  },
  // Written down and not sent: when the next one sends them, the gate takes them no more.
  {
    shapes: [refused],
    traps: [inTheMiddle, ...beforeAndAfter("submissionRefused")],
    troubles: [relayerBarred("submitting")],
  },
  {
    shapes: [chained],
    traps: [{ call: resumed, occurrence: 1, moment: "done" }, ...beforeAndAfter("resumeRefused")],
    troubles: [foreignChain("resuming")],
  },
  { ...overtaken, traps: [...overtaken.traps, ...beforeAndAfter("transactionDead")] },
  {
    shapes: [abandoned],
    traps: [{ call: resumed, occurrence: 1, moment: "done" }, ...beforeAndAt("append to the gate's log: burn_nonce")],
    troubles: [silenced("resuming")],
  },
  ...[chained, userCall].map((shape) => ({
    shapes: [shape],
    traps: beforeAndAfter("outcomeUnknown"),
    troubles: [forgetful],
  })),
  { shapes: [forgottenCall], traps: beforeAndAfter("transactionForgotten"), troubles: [forgotten(2)] },
  { shapes: [forgottenUserCall], traps: beforeAndAfter("transactionForgotten"), troubles: [forgotten(1)] },
];

function beforeAndAfter(event: string): readonly Trap[] {
  return beforeAndAt(`append ${event}`);
}

function beforeAndAt(call: string): readonly Trap[] {
  return (["before", "done"] as const).map((moment) => ({ call, occurrence: 1, moment }));
}

function trapAt({ call, occurrence }: Boundary, moment: Moment): Trap {
  return { call, occurrence, moment };
}

/** Calls of a start are met by the process that comes after one that was killed in the middle. */
function kill({ shape, isAtStart }: Boundary, ...traps: readonly Trap[]): Play {
  return { shapes: [shape], traps: isAtStart ? [inTheMiddle, ...traps] : traps, troubles: [] };
}
