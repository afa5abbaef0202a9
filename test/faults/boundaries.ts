import type { Shape } from "./workflows.ts";
import type { World } from "./world.ts";

/** A call at which a broadcaster can be killed, in workflows of a kind. */
export interface Boundary {
  readonly shape: Shape;
  /** As `call-name.ts` has it. */
  readonly call: string;
  readonly occurrence: number;
  /** It changes nothing where it arrives: there is only its answer. */
  readonly isRead: boolean;
  /** Every process makes it before it drives anything. */
  readonly isAtStart: boolean;
}

const appends = [
  ...[
    "taken",
    "policyAllowed",
    "admitted",
    "signingPrepared",
    "signed",
    "submissionsPrepared",
    "submissionsAccepted",
    "resumePrepared",
  ],
  ...["resumeStarted", "stepResolved", "measured", "ended", "settling", "cancelPrepared", "cancelResolved"],
  ...["directUserCallPrepared", "directUserCallResolved", "directUserCallMeasured"],
].map((event) => `append ${event}`);
const sent = ["submit_intent", "resume_batch_chained", "resume_intent", "execute_intents", "increase"];
const lane = ["conducted", "admitted", "chain", "left", "single", "reject"].map(
  (one) => `append to the gate's log: ${one}`,
);

/** Writes, signatures and answers that workflows of these kinds must come by, whatever else there is. */
export const knownCalls: readonly string[] = [
  ...appends,
  ...lane,
  ...sent.flatMap((method) => [`send ${method}`, `status of ${method}`]),
  ...["AcquireLease", "CheckPolicy", "ReserveUsage", "ReserveNonces", "ReleaseUsage", "SignStep", "SignCancel"],
  ...["CheckDirectUserPolicy", "SignDirectUserCall"],
];

/** Calls that change nothing where they arrive. */
const reads = /^(query |block |status|chunk|EXPERIMENTAL_|Get|Read|List)/;

/** Calls that come with the time and not with the workflow. */
const routine = ["Check", "RenewLease", "ListLeases"];

const atStart = [
  "AcquireLease of its presence",
  "AcquireLease",
  "status",
  "GetGateLog",
  "append to the gate's log: conducted",
];

/** Each further call of these kinds stands for something of its own. The others come as often as the chain makes them. */
const counted = /^(SignStep|send (submit_intent|resume_intent)|append stepResolved)/;

/** Plays a workflow of each kind that nobody disturbs, and lists the calls: each kind of call once, with the first that makes it. */
export async function listBoundaries(world: World, shapes: readonly Shape[]): Promise<readonly Boundary[]> {
  const listed = new Set([...routine, ...atStart]);
  const boundaries: Boundary[] = [];
  for (const shape of shapes) {
    world.traps.set([], world.requestIds);
    await world.ended(await world.begin(shape));
    for (const [call, count] of world.traps.counts) {
      if (listed.has(call)) continue;
      listed.add(call);
      const isRead = reads.test(call);
      // As many as there are steps: what a node does not know yet may be sent again.
      const occurrences = counted.test(call) ? Math.min(count, 2) : 1;
      for (let occurrence = 1; occurrence <= occurrences; occurrence += 1) {
        boundaries.push({ shape, call, occurrence, isRead, isAtStart: false });
      }
    }
  }
  return boundaries;
}

/** Those of a process that starts while such a workflow is open. */
export const startBoundaries = (shape: Shape): readonly Boundary[] =>
  atStart.map((call) => ({ shape, call, occurrence: 1, isRead: reads.test(call), isAtStart: true }));
