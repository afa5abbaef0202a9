import type { JsonObject } from "@bufbuild/protobuf";
import { canonicalJson } from "@outlayer/workflow";
import type { UsageEntry } from "./store.ts";
import {
  type Amounts,
  type Change,
  type Counting,
  changed,
  emptyLedger,
  type Ledger,
  type Reservation,
  type Totals,
  type Window,
} from "./usage.ts";

/** A wallet's ledger after an entry, and how long its entries have become since the latest snapshot. */
export interface Fold extends Omit<Ledger, "own"> {
  /** Of the entry; 0 before the first. */
  readonly seq: number;
  /** The latest entry that holds totals; 0 where none does. */
  readonly snapshotSeq: number;
  /** Characters of that entry. */
  readonly snapshotLength: number;
  /** Characters of the entries after it. */
  readonly changesLength: number;
}

/** The fold of a ledger without entries. */
export const emptyFold: Fold = {
  atMs: emptyLedger.atMs,
  totals: emptyLedger.totals,
  seq: 0,
  snapshotSeq: 0,
  snapshotLength: 0,
  changesLength: 0,
};

/**
 * An entry is a snapshot once the entries since the latest one are together as long as that. Totals grow by each amount three times
 * at most, so snapshots take at most four times the bytes of changes, and a ledger is folded from at most twice the bytes of its
 * totals. The bounds spare small ledgers snapshots, and large ones long reads.
 */
const snapshots = { fewestEntries: 16, mostEntries: 1024 };

/** The next entry of a ledger, and the fold up to it. */
export function nextEntry(
  before: Fold,
  { walletId, requestId }: Pick<UsageEntry, "walletId" | "requestId">,
  kind: "reserved" | "released" | "superseded",
  change: Change,
): { readonly entry: UsageEntry; readonly after: Fold } {
  const { atMs } = change;
  const seq = before.seq + 1;
  const totals = changed(before.totals, change);
  const isSnapshot = isSnapshotDue(before);
  const entryJson = canonicalJson({
    at: time(atMs),
    change: kind,
    request_id: requestId,
    reservation: reservationJson(change.after),
    seq,
    wallet_id: walletId,
    ...(isSnapshot ? { totals: totalsJson(totals) } : changeJson(before, change)),
  });
  const after = movedOn(before, { seq, atMs, totals }, entryJson.length, isSnapshot);
  return { entry: { walletId, seq, requestId, atMs, entryJson }, after };
}

/** The fold up to a stored entry, and the reservation of its request. @throws Error where an entry before it is missing */
export function foldedTo(before: Fold, entry: UsageEntry): { readonly fold: Fold; readonly own: Reservation } {
  const { walletId, seq, atMs, entryJson } = entry;
  const read = parsed(entry);
  const own = reservationOf(read.reservation);
  if (read.totals !== undefined) {
    return { fold: movedOn(before, { seq, atMs, totals: totalsOf(read.totals) }, entryJson.length, true), own };
  }
  if (seq !== before.seq + 1 || read.snapshot_seq !== before.snapshotSeq) {
    throw new Error(`the usage ledger of ${walletId} lacks entries between ${before.seq} and ${seq}`);
  }
  const replaced = read.replaced && countingOf(read.replaced);
  const totals = changed(before.totals, { atMs, before: replaced, after: own });
  return { fold: movedOn(before, { seq, atMs, totals }, entryJson.length, false), own };
}

/** The first entry of those that a ledger with this latest entry is folded from. */
export function firstToFold(last: UsageEntry): number {
  const read = parsed(last);
  return read.totals === undefined ? Math.max(1, read.snapshot_seq) : last.seq;
}

/** The reservation of an entry's request. */
export function reservationIn(entry: UsageEntry): Reservation {
  return reservationOf(parsed(entry).reservation);
}

function isSnapshotDue({ seq, snapshotSeq, snapshotLength, changesLength }: Fold): boolean {
  const entries = seq + 1 - snapshotSeq;
  if (entries < snapshots.fewestEntries) return false;
  return changesLength >= snapshotLength || entries >= snapshots.mostEntries;
}

function movedOn(
  { snapshotSeq, snapshotLength, changesLength }: Fold,
  at: Pick<Fold, "seq" | "atMs" | "totals">,
  length: number,
  isSnapshot: boolean,
): Fold {
  if (isSnapshot) return { ...at, snapshotSeq: at.seq, snapshotLength: length, changesLength: 0 };
  return { ...at, snapshotSeq, snapshotLength, changesLength: changesLength + length };
}

/** Entries of earlier versions all hold totals. */
type EntryJson = { readonly reservation: ReservationJson } & (
  | { readonly totals: Readonly<Record<keyof Totals, WindowJson>> }
  | { readonly totals?: undefined; readonly snapshot_seq: number; readonly replaced?: CountingJson }
);

interface CountingJson {
  readonly reserved_at: string;
  readonly steps: readonly { readonly amounts: AmountsJson; readonly counts: boolean }[];
}

interface ReservationJson extends CountingJson {
  readonly terms?: string;
}

interface WindowJson {
  readonly start: string;
  readonly amounts: AmountsJson;
  readonly transactions: number;
}

type AmountsJson = Readonly<Record<string, string>>;

function parsed({ entryJson }: UsageEntry): EntryJson {
  return JSON.parse(entryJson) as EntryJson;
}

function changeJson({ snapshotSeq }: Fold, { before }: Change): JsonObject {
  return { snapshot_seq: snapshotSeq, ...(before === undefined ? {} : { replaced: countingJson(before) }) };
}

function reservationOf({ terms = "", ...counting }: ReservationJson): Reservation {
  return { ...countingOf(counting), terms };
}

function countingOf({ reserved_at, steps }: CountingJson): Counting {
  return {
    reservedAtMs: Date.parse(reserved_at),
    steps: steps.map(({ amounts, counts }) => ({ amounts: amountsOf(amounts), counts })),
  };
}

function reservationJson({ terms, ...counting }: Reservation): JsonObject {
  return { ...countingJson(counting), ...(terms === "" ? {} : { terms }) };
}

function countingJson({ reservedAtMs, steps }: Counting): JsonObject {
  return {
    reserved_at: time(reservedAtMs),
    steps: steps.map(({ amounts, counts }) => ({ amounts: amountsJson(amounts), counts })),
  };
}

function totalsOf({ hour, day, month }: Readonly<Record<keyof Totals, WindowJson>>): Totals {
  return { hour: windowOf(hour), day: windowOf(day), month: windowOf(month) };
}

function totalsJson({ hour, day, month }: Totals): JsonObject {
  return { hour: windowJson(hour), day: windowJson(day), month: windowJson(month) };
}

function windowOf({ start, amounts, transactions }: WindowJson): Window {
  return { startMs: Date.parse(start), amounts: amountsOf(amounts), transactions };
}

function windowJson({ startMs, amounts, transactions }: Window): JsonObject {
  return { start: time(startMs), amounts: amountsJson(amounts), transactions };
}

function amountsOf(amounts: AmountsJson): Amounts {
  return new Map(Object.entries(amounts).map(([token, amount]) => [token, BigInt(amount)]));
}

function amountsJson(amounts: Amounts): JsonObject {
  return Object.fromEntries([...amounts].map(([token, amount]) => [token, amount.toString()]));
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
