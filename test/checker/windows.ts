// biome-ignore lint/suspicious/noExplicitAny: events of every kind
type Json = any;

/** The last head at which a transaction of a workflow may be written down. */
export interface SendingWindow {
  readonly kind: "submission" | "resume";
  readonly hash: string;
  readonly lastHead: number;
}

/** The last blocks of a delegate in which it is not sent any more. */
const unsentBlocks = 30;

/** Blocks for which the gate keeps an intent. */
const pendingBlocks = 200;

/** Blocks from a resume to the first dispatch, between dispatches, and least from the last of them to the intent's end. */
const resumed = { after: 2, each: 3, margin: 5 };

/** @param events of one log, in order */
export function windowsOf(events: readonly Json[]): SendingWindow[] {
  const windows: SendingWindow[] = [];
  const heights = new Map<string, number>();
  let terms: Json[] = [];
  for (const event of events) {
    terms = event.signing_prepared?.steps ?? terms;
    for (const { intent_id, block_height } of event.submissions_accepted?.steps ?? []) {
      heights.set(intent_id, Number(block_height));
    }
    for (const { step = 0, transaction } of event.submissions_prepared?.submissions ?? []) {
      const lastHead = Number(terms[step]?.max_block_height) - unsentBlocks - 1;
      windows.push({ kind: "submission", hash: transaction.hash, lastHead });
    }
    const { mode, transaction, intent_ids = [] }: Json = event.resume_prepared ?? {};
    if (mode !== "chain" && mode !== "single") continue;
    const lastHeads = intent_ids.map((id: string, index: number) => {
      const dispatched = resumed.after + index * resumed.each + resumed.margin;
      return (heights.get(id) ?? Number.POSITIVE_INFINITY) + pendingBlocks - dispatched - 1;
    });
    windows.push({ kind: "resume", hash: transaction.hash, lastHead: Math.min(...lastHeads) });
  }
  return windows;
}
