import type { Event, Opened } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { sha256Hex, systemPorts } from "@outlayer/kit";
import { isTerminal, partitionOf } from "@outlayer/workflow";
import { openSqliteStore } from "../../services/evidence/src/adapters/sqlite/store.ts";
import { chainEntry, type Entry } from "../../services/evidence/src/core/entry.ts";
import { eventOf, fold } from "../../services/evidence/src/core/record.ts";
import type { EvidenceStore, Projection } from "../../services/evidence/src/core/store.ts";
import type { Templates } from "./store-templates.ts";

/** How many workflows of each kind a store has, beside those that are read. */
export interface Contents {
  readonly ended: number;
  readonly open: number;
}

/** Wallets of the ended workflows. */
const endedWallets = 10_000;
/** Workflows that are written at a time: the store commits them in groups. */
const batch = 512;

/**
 * Makes an evidence file of these contents through evidence's own store: each log is a template's with a request id, wallet and key
 * of its own,
 * and a place in the queue, chained and hashed anew. Open and ended workflows are mixed, as they would be by time.
 */
export async function fillStore(path: string, templates: Templates, { ended, open }: Contents): Promise<void> {
  const store = openSqliteStore(path);
  try {
    await store.replaceLease(undefined, templates.lease);
    const startOf = expectedStart(templates.open);
    await Promise.all(templates.read.map((log) => write(store, log, projectionOf(log))));
    const total = ended + open;
    for (let done = 0; done < total; ) {
      const writes: Promise<void>[] = [];
      for (const until = Math.min(total, done + batch); done < until; done += 1) {
        const openBefore = Math.floor((done * open) / total);
        const isOpen = Math.floor(((done + 1) * open) / total) > openBefore;
        const template = isOpen ? templates.open[openBefore % templates.open.length] : templates.ended;
        if (template === undefined) throw new RangeError("there is no workflow to copy");
        const place = isOpen ? openBefore + 1 : 0;
        const walletId = isOpen ? undefined : `ended-${1 + ((done * 7919) % endedWallets)}`;
        writes.push(copy(store, template, { walletId, place: { position: place, startHeight: startOf(place) } }));
      }
      await Promise.all(writes);
    }
  } finally {
    await store.close();
  }
}

const { ids } = systemPorts();

/** What copies of one log share. */
interface Copied {
  readonly events: readonly { readonly event: Event; readonly atMs: number }[];
  readonly projection: Projection;
}

const copied = new WeakMap<readonly Entry[], Copied>();

function copiedOf(template: readonly Entry[]): Copied {
  const known = copied.get(template) ?? {
    events: template.map((entry) => ({ event: eventOf(entry), atMs: entry.atMs })),
    projection: projectionOf(template),
  };
  copied.set(template, known);
  return known;
}

/** What a copy has of its own. */
interface Own {
  /** The template's where undefined. */
  readonly walletId: string | undefined;
  /** What an open workflow was told last. */
  readonly place: { readonly position: number; readonly startHeight: bigint };
}

function copy(store: EvidenceStore, template: readonly Entry[], own: Own): Promise<void> {
  const { events, projection } = copiedOf(template);
  const requestId = ids.uuid();
  const walletId = own.walletId ?? projection.walletId;
  const log: Entry[] = [];
  for (const [index, { event, atMs }] of events.entries()) {
    const { kind } = event;
    if (kind.case === "opened") Object.assign(kind.value, { walletId, idempotencyKey: ids.uuid() });
    if (kind.case === "waiting" && index === events.length - 1 && kind.value.queue !== undefined) {
      kind.value.queue.position = own.place.position;
      kind.value.queue.expectedStartHeight = own.place.startHeight;
    }
    log.push(chainEntry(requestId, log.at(-1), event, atMs, sha256Hex));
  }
  return write(store, log, { ...projection, requestId, walletId });
}

/**
 * The height at which a workflow's chain is expected to start, by its place in a queue that goes on from those of the templates. A
 * product that goes on with the file finds each workflow where it was told to be, as after any restart.
 */
function expectedStart(open: readonly (readonly Entry[])[]): (position: number) => bigint {
  const told = open.flatMap((log) => {
    const { kind } = eventOf(log.at(-1) as Entry);
    const queue = kind.case === "waiting" ? kind.value.queue : undefined;
    return queue?.expectedStartHeight === undefined ? [] : [{ at: queue.position, start: queue.expectedStartHeight }];
  });
  told.sort((a, b) => a.at - b.at);
  const [first, last] = [told.at(0), told.at(-1)];
  if (first === undefined || last === undefined || first.at === last.at)
    throw new RangeError("two workflows in a queue are needed");
  const blocks = Number(last.start - first.start) / (last.at - first.at);
  return (position) => first.start + BigInt(Math.round(blocks * (position - first.at)));
}

/** Writes a log in one turn: the store keeps the order, and commits all of it together. */
async function write(store: EvidenceStore, log: readonly Entry[], projection: Projection): Promise<void> {
  const [first, ...others] = log;
  if (first === undefined) throw new RangeError("a log is empty");
  const { walletId, idempotencyKey, fingerprint } = openedOf(first);
  const opening = store.open(first, { walletId, idempotencyKey, fingerprint, approvalOf: undefined }, projection);
  const results = await Promise.all([
    opening.then(({ kind }) => kind),
    ...others.map((entry) => store.append(entry, projection)),
  ]);
  if (results.some((result) => result !== "opened" && result !== "appended"))
    throw new Error(`log ${first.requestId} could not be written: ${results.join(", ")}`);
}

function openedOf(entry: Entry): Opened {
  const { kind } = eventOf(entry);
  if (kind.case !== "opened") throw new RangeError("a log begins with `opened`");
  return kind.value;
}

function projectionOf(log: readonly Entry[]): Projection {
  const { record } = fold(log);
  const { requestId, walletId, status, version } = record;
  const partition = partitionOf(record) ?? "";
  return { requestId, walletId, status, terminal: isTerminal(status), version: Number(version), partition };
}
