import type { JsonObject } from "@bufbuild/protobuf";
import { canonicalJson } from "@outlayer/workflow";
import type { UsageEntry } from "./store.ts";
import {
  type Amounts,
  type Change,
  changed,
  emptyLedger,
  type Ledger,
  type Reservation,
  type Totals,
  type Window,
} from "./usage.ts";

/** The position of an entry in a wallet's ledger, and its request. */
type EntryPosition = Pick<UsageEntry, "walletId" | "seq" | "requestId">;

/** A wallet's ledger as its entries tell it, and how long they have become since the latest totals. */
export interface LedgerBook extends Ledger {
  /** Of the latest entry; 0 where there is none. */
  readonly seq: number;
  /** The latest entry that holds totals; 0 where none does. */
  readonly snapshotSeq: number;
  /** Characters of that entry. */
  readonly snapshotLength: number;
  /** Characters of the entries after it. */
  readonly changesLength: number;
}

/**
 * An entry holds totals, of all tokens that the wallet has moved, once the entries since the latest totals are together as long
 * as these: so the totals take about as much as the changes, and a ledger is read in about twice the time of its totals.
 */
const snapshots = { fewestEntries: 16, mostEntries: 1024 };

function isSnapshotDue({ seq, snapshotSeq, snapshotLength, changesLength }: LedgerBook): boolean {
  const since = seq + 1 - snapshotSeq;
  if (since < snapshots.fewestEntries) return false;
  return changesLength >= snapshotLength || since >= snapshots.mostEntries;
}

/** The next entry: the change, and now and then the totals after it. */
export function usageEntry(
  { walletId, seq, requestId }: EntryPosition,
  kind: "reserved" | "released" | "superseded",
  book: LedgerBook,
  change: Change,
): UsageEntry {
  const { atMs, before, after } = change;
  const told = isSnapshotDue(book)
    ? { totals: totalsJson(changed(book.totals, change)) }
    : { snapshot_seq: book.snapshotSeq, ...(before === undefined ? {} : { replaced: reservationJson(before) }) };
  const entryJson = canonicalJson({
    at: time(atMs),
    change: kind,
    request_id: requestId,
    reservation: reservationJson(after),
    seq,
    wallet_id: walletId,
    ...told,
  });
  return { walletId, seq, requestId, atMs, entryJson };
}

/** The first entry that has to be read together with a ledger's latest one. */
export function firstToRead(last: UsageEntry): number {
  const entry = parsed(last);
  return entry.totals === undefined ? Math.max(1, entry.snapshot_seq) : last.seq;
}

/**
 * @param entries from `firstToRead` to the ledger's latest one, in order; none of a wallet without usage
 * @param own the latest entry of the request that the ledger is read for
 * @throws Error where an entry is missing
 */
export function bookOf(entries: readonly UsageEntry[], own: UsageEntry | undefined): LedgerBook {
  let { totals, atMs } = emptyLedger;
  const [first] = entries;
  // Without totals at its beginning a ledger has to be whole.
  const isFromSnapshot = first !== undefined && parsed(first).totals !== undefined;
  let [seq, snapshotSeq, snapshotLength, changesLength] = [isFromSnapshot ? first.seq - 1 : 0, 0, 0, 0];
  for (const each of entries) {
    const entry = parsed(each);
    if (each.seq !== seq + 1) throw new Error(`the usage ledger lacks entries before ${each.seq}`);
    ({ seq, atMs } = each);
    if (entry.totals !== undefined) {
      totals = totalsOf(entry.totals);
      [snapshotSeq, snapshotLength, changesLength] = [seq, each.entryJson.length, 0];
      continue;
    }
    if (entry.snapshot_seq !== snapshotSeq)
      throw new Error(`the usage ledger lacks the totals of ${entry.snapshot_seq}`);
    totals = changed(totals, {
      atMs,
      before: entry.replaced && reservationOf(entry.replaced),
      after: reservationOf(entry.reservation),
    });
    changesLength += each.entryJson.length;
  }
  const reservation = own === undefined ? undefined : reservationOf(parsed(own).reservation);
  return { atMs, totals, own: reservation, seq, snapshotSeq, snapshotLength, changesLength };
}

/** Entries from before there were snapshots all hold totals. */
type EntryJson = { readonly reservation: ReservationJson } & (
  | { readonly totals: Readonly<Record<keyof Totals, WindowJson>> }
  | { readonly totals?: undefined; readonly snapshot_seq: number; readonly replaced?: ReservationJson }
);

interface ReservationJson {
  readonly reserved_at: string;
  readonly steps: readonly { readonly amounts: AmountsJson; readonly counts: boolean }[];
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

function reservationOf({ reserved_at, steps, terms = "" }: ReservationJson): Reservation {
  return {
    reservedAtMs: Date.parse(reserved_at),
    steps: steps.map(({ amounts, counts }) => ({ amounts: amountsOf(amounts), counts })),
    terms,
  };
}

function reservationJson({ reservedAtMs, steps, terms }: Reservation): JsonObject {
  return {
    reserved_at: time(reservedAtMs),
    steps: steps.map(({ amounts, counts }) => ({ amounts: amountsJson(amounts), counts })),
    ...(terms === "" ? {} : { terms }),
  };
}

function totalsJson({ hour, day, month }: Totals): JsonObject {
  return { hour: windowJson(hour), day: windowJson(day), month: windowJson(month) };
}

function totalsOf({ hour, day, month }: Readonly<Record<keyof Totals, WindowJson>>): Totals {
  return { hour: windowOf(hour), day: windowOf(day), month: windowOf(month) };
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
